"""What answers are made of: bodies in every coding, files of folders, and the page's content policy."""
