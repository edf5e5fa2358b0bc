from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workspace', '0006_flag_definition'),
    ]

    operations = [
        migrations.CreateModel(
            name='AppSettings',
            fields=[
                ('app', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('values', models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name='AppSecret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('app', models.CharField(max_length=64)),
                ('path', models.CharField(max_length=127)),
                ('value', models.TextField()),
            ],
            options={
                'ordering': ['app', 'path'],
                'constraints': [models.UniqueConstraint(fields=('app', 'path'), name='workspace_app_secret')],
            },
        ),
    ]
