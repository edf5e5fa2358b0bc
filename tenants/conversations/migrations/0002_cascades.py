"""Foreign keys that cascade in the database itself: the runtime deletes without Django, which cascades in Python."""

from django.db import migrations

CASCADES = (
    ("Thread", "userId", "User"),
    ("Step", "threadId", "Thread"),
    ("Element", "threadId", "Thread"),
    ("Feedback", "stepId", "Step"),
)


def _add(table, column, target):
    name = f"{table}_{column}_fkey"
    return migrations.RunSQL(
        f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}"'
        f' FOREIGN KEY ("{column}") REFERENCES "{target}" (id) ON DELETE CASCADE',
        f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"',
    )


class Migration(migrations.Migration):
    dependencies = [("conversations", "0001_initial")]

    operations = [_add(*cascade) for cascade in CASCADES]
