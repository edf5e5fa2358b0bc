from django.db import migrations


class Migration(migrations.Migration):
    """Note the objects of files that were published before objects were noted, so that they are counted and checked."""

    dependencies = [
        ('assets', '0002_roles_and_objects'),
    ]

    operations = [
        migrations.RunSQL(
            sql="""
                INSERT INTO assets_storedobject (key, sha256, size, content_type)
                SELECT DISTINCT ON (public_key) public_key, sha256, size, content_type
                FROM assets_asset
                WHERE public_key <> '' AND sha256 <> ''
                ON CONFLICT (key) DO NOTHING
            """,
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
