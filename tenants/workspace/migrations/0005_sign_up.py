import tenants.contract.access
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workspace', '0004_access_policy'),
    ]

    operations = [
        migrations.AlterField(
            model_name='accesspolicy',
            name='sign_up',
            field=models.CharField(choices=[('closed', 'closed'), ('invitation', 'invitation'), ('domain', 'domain')], default=tenants.contract.access.SignUp['INVITATION'], max_length=10),
        ),
        # Nothing could be chosen, and administrators could always send invitations: that goes on. Documents name
        # the default by leaving it out, so what is live already says the same.
        migrations.RunSQL(
            "UPDATE workspace_accesspolicy SET sign_up = 'invitation' WHERE sign_up = 'closed'",
            "UPDATE workspace_accesspolicy SET sign_up = 'closed' WHERE sign_up = 'invitation'",
        ),
    ]
