from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workspace', '0007_app_settings'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChatContent',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('content', models.JSONField(default=dict)),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='workspace_chatcontent_one_row')],
            },
        ),
    ]
