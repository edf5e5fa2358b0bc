"""The index by which messages are found by their words; ``tenants.conversations.search`` has the same expression."""

from django.db import migrations

SAID = (
    "to_tsvector('simple'::regconfig,"
    " regexp_replace(left(output, 50000), '([\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff])', ' \\1 ', 'g'))"
)


class Migration(migrations.Migration):
    dependencies = [("conversations", "0003_policy")]

    operations = [
        migrations.RunSQL(
            f"""CREATE INDEX step_said ON "Step" USING gin ({SAID})"""
            " WHERE type IN ('user_message', 'assistant_message')",
            "DROP INDEX step_said",
        )
    ]
