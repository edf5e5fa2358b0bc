"""A tenant's published files, streamed from the public bucket where no CDN stands before it."""
