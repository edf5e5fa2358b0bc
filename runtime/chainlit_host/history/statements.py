"""SQL of the data layer. Tables and columns: ``tenants/conversations/models.py``; placeholders are Postgres' own.

Whatever is written names the thread it belongs to and whose that thread must be; nothing of anybody else's is changed
by knowing, or choosing, its id. What comes back empty was refused.
"""

# ruff: noqa: S608 - statements are put together from the constants of this module alone

__all__ = [
    "CREATE_ELEMENT", "CREATE_STEP", "DELETE_ELEMENT", "DELETE_FEEDBACK", "DELETE_STEP", "DELETE_THREAD", "ELEMENT",
    "ELEMENTS_OF_THREAD", "FAVOURITES", "FEEDBACK_OWNER", "FILES_OF_THREAD", "IS_DELETED", "OWN_THREAD",
    "SET_FAVOURITE", "STEPS_OF_THREAD", "STEP_OWNER", "THREAD", "THREADS", "UPDATE_THREAD", "UPSERT_FEEDBACK",
    "UPSERT_USER",
]  # fmt: skip

_OWN_THREAD = """
WITH active AS (
    SELECT id FROM "Thread"
    WHERE id = $1::uuid AND "userId" IS NOT DISTINCT FROM $2::uuid AND "deletedAt" IS NULL
        AND "updatedAt" > now() - interval '10 seconds'
    FOR SHARE
),
renewed AS (
    INSERT INTO "Thread" (id, "userId") SELECT $1::uuid, $2::uuid WHERE NOT EXISTS (SELECT 1 FROM active)
    ON CONFLICT (id) DO UPDATE SET "updatedAt" = now()
        WHERE "Thread"."userId" IS NOT DISTINCT FROM EXCLUDED."userId" AND "Thread"."deletedAt" IS NULL
    RETURNING id
),
thread AS (SELECT id FROM active UNION ALL SELECT id FROM renewed)"""
"""Thread $1 of user $2 (null: of nobody), made where it is new; empty when it is somebody else's or deleted.

Its row is locked, so that a deletion comes before the write or sees it, and written once in ten seconds at most: each
version of a row is one more that the next look-up passes.
"""

OWN_THREAD = f"{_OWN_THREAD} SELECT id FROM thread"

CREATE_STEP = f"""{_OWN_THREAD}
INSERT INTO "Step" (
    "threadId", id, "parentId", type, name, input, output, metadata, tags, language, generation, command, modes,
    "showInput", "defaultOpen", "autoCollapse", "waitForAnswer", "isError", "createdAt", "startTime", "endTime",
    revision
)
SELECT thread.id, $3::uuid, $4::uuid, $5, $6, $7, $8, $9::jsonb, $10::text[], $11, $12::jsonb, $13, $14::jsonb,
    $15, $16::boolean, $17::boolean, $18::boolean, $19::boolean, $20::timestamptz, $21::timestamptz, $22::timestamptz,
    $23::integer
FROM thread
ON CONFLICT (id) DO UPDATE SET
    "parentId" = COALESCE(EXCLUDED."parentId", "Step"."parentId"),
    type = EXCLUDED.type,
    name = COALESCE(EXCLUDED.name, "Step".name),
    input = COALESCE(EXCLUDED.input, "Step".input),
    output = COALESCE(EXCLUDED.output, "Step".output),
    -- What people mark is not the app's to unmark: an update knows nothing of it.
    metadata = EXCLUDED.metadata || CASE WHEN "Step".metadata ? 'favorite' AND NOT EXCLUDED.metadata ? 'favorite'
        THEN jsonb_build_object('favorite', "Step".metadata -> 'favorite') ELSE '{{}}' END,
    tags = EXCLUDED.tags,
    language = EXCLUDED.language,
    generation = COALESCE(EXCLUDED.generation, "Step".generation),
    command = COALESCE(EXCLUDED.command, "Step".command),
    modes = COALESCE(EXCLUDED.modes, "Step".modes),
    "showInput" = COALESCE(EXCLUDED."showInput", "Step"."showInput"),
    "defaultOpen" = COALESCE(EXCLUDED."defaultOpen", "Step"."defaultOpen"),
    "autoCollapse" = COALESCE(EXCLUDED."autoCollapse", "Step"."autoCollapse"),
    "waitForAnswer" = COALESCE(EXCLUDED."waitForAnswer", "Step"."waitForAnswer"),
    "isError" = EXCLUDED."isError",
    "startTime" = LEAST(EXCLUDED."startTime", "Step"."startTime"),
    "endTime" = COALESCE(EXCLUDED."endTime", "Step"."endTime"),
    "updatedAt" = now()
WHERE "Step"."threadId" = EXCLUDED."threadId"
RETURNING id
"""

CREATE_ELEMENT = f"""{_OWN_THREAD}
INSERT INTO "Element" (
    "threadId", id, "stepId", metadata, mime, name, "objectKey", url, "chainlitKey", display, size, language, page,
    props, "autoPlay", "playerConfig"
)
SELECT thread.id, $3::uuid, $4::uuid, $5::jsonb, $6, $7, $8, $9, $10, $11, $12, $13, $14::integer, $15::jsonb,
    $16::boolean, $17::jsonb
FROM thread
ON CONFLICT (id) DO UPDATE SET
    "stepId" = EXCLUDED."stepId",
    metadata = EXCLUDED.metadata,
    mime = EXCLUDED.mime,
    name = EXCLUDED.name,
    "objectKey" = COALESCE(EXCLUDED."objectKey", "Element"."objectKey"),
    url = EXCLUDED.url,
    display = EXCLUDED.display,
    size = EXCLUDED.size,
    language = EXCLUDED.language,
    page = EXCLUDED.page,
    props = EXCLUDED.props,
    "updatedAt" = now()
WHERE "Element"."threadId" = EXCLUDED."threadId"
RETURNING id
"""

_OF_OWN_THREAD = """ "threadId" IN (
    SELECT id FROM "Thread" WHERE id = $1 OR ($2::uuid IS NOT NULL AND "userId" = $2)
)"""
"""In thread $1, which is the session's, or in any other of user $2."""

DELETE_STEP = f"""
WITH RECURSIVE doomed AS (
    SELECT id, "threadId" FROM "Step" WHERE id = $3 AND {_OF_OWN_THREAD}
    UNION
    SELECT child.id, child."threadId"
    FROM "Step" child JOIN doomed ON child."parentId" = doomed.id AND child."threadId" = doomed."threadId"
),
steps AS (DELETE FROM "Step" USING doomed WHERE "Step".id = doomed.id)
DELETE FROM "Element" USING doomed WHERE "Element"."stepId" = doomed.id AND "Element"."threadId" = doomed."threadId"
RETURNING "Element"."objectKey"
"""

DELETE_ELEMENT = f"""DELETE FROM "Element" WHERE id = $3 AND {_OF_OWN_THREAD} RETURNING "objectKey" """

UPDATE_THREAD = """
INSERT INTO "Thread" (id, "userId", name, tags, metadata)
VALUES ($1, $2, $3, COALESCE($4::text[], '{}'), $5::jsonb)
ON CONFLICT (id) DO UPDATE SET
    "userId" = COALESCE("Thread"."userId", EXCLUDED."userId"),
    name = COALESCE($3, "Thread".name),
    tags = COALESCE($4::text[], "Thread".tags),
    metadata = ("Thread".metadata - $6::text[]) || EXCLUDED.metadata
WHERE "Thread"."deletedAt" IS NULL AND ($7::boolean OR "Thread"."userId" IS NOT DISTINCT FROM EXCLUDED."userId")
RETURNING id
"""
"""$7: asked by the app itself or by a route that has checked whose the thread is, so for any thread."""

IS_DELETED = 'SELECT 1 FROM "Thread" WHERE id = $1 AND "deletedAt" IS NOT NULL'

_THREAD_COLUMNS = """
    t.id, t."createdAt", t."updatedAt", t.name, t.metadata, t.tags, t."userId", u.identifier AS "userIdentifier"
"""

THREAD = f"""
SELECT {_THREAD_COLUMNS}
FROM "Thread" t LEFT JOIN "User" u ON u.id = t."userId"
WHERE t.id = $1 AND t."deletedAt" IS NULL
"""

STEPS_OF_THREAD = """
SELECT s.*, f.id AS feedback_id, f.value AS feedback_value, f.comment AS feedback_comment
FROM "Step" s LEFT JOIN "Feedback" f ON f."stepId" = s.id
WHERE s."threadId" = $1
ORDER BY s."createdAt", s.id
"""

ELEMENTS_OF_THREAD = 'SELECT * FROM "Element" WHERE "threadId" = $1 ORDER BY "createdAt", id'
ELEMENT = 'SELECT * FROM "Element" WHERE id = $1 AND "threadId" = $2'
FILES_OF_THREAD = 'SELECT "objectKey" FROM "Element" WHERE "threadId" = $1 AND "objectKey" IS NOT NULL'

DELETE_THREAD = (
    """UPDATE "Thread" SET "deletedAt" = now(), name = NULL, metadata = '{}', tags = '{}' WHERE id = $1""",
    'DELETE FROM "Step" WHERE "threadId" = $1',
    'DELETE FROM "Element" WHERE "threadId" = $1',
)
"""One transaction in this order: what is being written when the row is emptied is waited for, seen and deleted too."""

THREADS = f"""
SELECT {_THREAD_COLUMNS}
FROM "Thread" t LEFT JOIN "User" u ON u.id = t."userId"
WHERE t."deletedAt" IS NULL
    AND ($1::uuid IS NULL OR t."userId" = $1)
    AND ($2::timestamptz IS NULL OR (t."updatedAt", t.id) < ($2, $3::uuid))
    AND ($4::text IS NULL OR t.name ILIKE $4 OR EXISTS (
        SELECT 1 FROM "Step" s
        WHERE s."threadId" = t.id AND s.type IN ('user_message', 'assistant_message') AND s.output ILIKE $4
    ))
    AND ($5::float8 IS NULL OR EXISTS (
        SELECT 1 FROM "Feedback" f JOIN "Step" s ON s.id = f."stepId" WHERE s."threadId" = t.id AND f.value = $5
    ))
ORDER BY t."updatedAt" DESC, t.id DESC
LIMIT $6
"""

UPSERT_FEEDBACK = """
INSERT INTO "Feedback" ("stepId", value, comment)
SELECT s.id, $2::float8, $3 FROM "Step" s WHERE s.id = $1
ON CONFLICT ("stepId") DO UPDATE SET value = EXCLUDED.value, comment = EXCLUDED.comment, "updatedAt" = now()
RETURNING id
"""
DELETE_FEEDBACK = 'DELETE FROM "Feedback" WHERE id = $1 RETURNING id'

STEP_OWNER = """
SELECT s."threadId", t."userId" FROM "Step" s JOIN "Thread" t ON t.id = s."threadId" WHERE s.id = $1
"""
FEEDBACK_OWNER = """
SELECT s."threadId", t."userId"
FROM "Feedback" f JOIN "Step" s ON s.id = f."stepId" JOIN "Thread" t ON t.id = s."threadId"
WHERE f.id = $1
"""

FAVOURITES = """
SELECT s.* FROM "Step" s JOIN "Thread" t ON t.id = s."threadId"
WHERE t."userId" = $1 AND t."deletedAt" IS NULL AND s.metadata @> '{"favorite": true}'
ORDER BY s."createdAt" DESC
"""
SET_FAVOURITE = """
UPDATE "Step" SET metadata = metadata || jsonb_build_object('favorite', $3::boolean), "updatedAt" = now()
WHERE id = $1 AND "threadId" IN (SELECT id FROM "Thread" WHERE "userId" = $2)
RETURNING id
"""

UPSERT_USER = """
INSERT INTO "User" (identifier, metadata) VALUES ($1, $2::jsonb)
ON CONFLICT (identifier) DO UPDATE SET metadata = EXCLUDED.metadata, "updatedAt" = now()
RETURNING id, identifier, metadata, "createdAt"
"""
