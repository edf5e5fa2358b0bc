from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0008_previews'),
    ]

    operations = [
        migrations.CreateModel(
            name='AppSchema',
            fields=[
                ('app', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('schema', models.JSONField()),
                ('digest', models.CharField(max_length=64)),
                ('seen_at', models.DateTimeField()),
            ],
        ),
    ]
