from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0008_provider_sessions'),
    ]

    operations = [
        migrations.AddField(
            model_name='pendingsignin',
            name='at_provider',
            field=models.TextField(blank=True, db_default=''),
        ),
    ]
