from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workspace', '0005_sign_up'),
    ]

    operations = [
        # With a default of the database, too: a process of the version before goes on adding flags during an upgrade.
        migrations.AddField(
            model_name='flag',
            name='definition',
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
