"""Tables and columns as Chainlit's official data layer names them (``chainlit/data/chainlit_data_layer.py``, 2.12).

The runtime writes them without Django (``runtime/chainlit_host/history``), so every default and every cascade stands
in the database: renaming a column breaks it. Beyond the official layer's columns there is what that layer loses: a
thread's tags, and of a step its tags, language, generation, command, modes and how it is folded, and of an element its
player. ``revision`` is ours: the tenant's published revision under which the step came to be. It is a column and not
a key of ``metadata``, which belongs to the app and is replaced whole by each update.

A thread owns everything by a foreign key. A step's parent and an element's step are plain ids: Chainlit stores them at
the same time and in any order, and the official layer has to invent empty steps so that its foreign keys hold.

``ConversationPolicy`` is not Chainlit's: who reads all this, and how long it stays.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import Value
from django.db.models.functions import Now

from tenants.contract.roles import Role
from tenants.workspace.models import Singleton

__all__ = ["ConversationPolicy", "Element", "Feedback", "Readers", "Step", "Thread", "User"]


class RandomUUID(models.Func):
    """A new UUID, made by Postgres."""

    template = "gen_random_uuid()"
    output_field = models.UUIDField()


class Stored(models.Model):
    """What every table has."""

    id = models.UUIDField(primary_key=True, db_default=RandomUUID())
    created_at = models.DateTimeField(db_column="createdAt", db_default=Now())
    updated_at = models.DateTimeField(db_column="updatedAt", db_default=Now())

    class Meta:
        abstract = True


class User(Stored):
    """Somebody who signed in to the chat; ``identifier`` is what the sign-in says, a member's e-mail for instance."""

    identifier = models.TextField(unique=True)
    metadata = models.JSONField(db_default=Value({}, models.JSONField()))

    class Meta:
        db_table = "User"

    def __str__(self) -> str:
        return self.identifier


class Thread(Stored):
    """One conversation. ``updated_at`` is when something was last said in it.

    A deleted one stays as an empty row with ``deleted_at``, so that an answer that is still being written in another
    tab or process cannot bring it back. ``user`` is null where nobody signs in.
    """

    deleted_at = models.DateTimeField(db_column="deletedAt", null=True)
    name = models.TextField(null=True)  # noqa: DJ001 - the official layer tells an unnamed thread by null
    metadata = models.JSONField(db_default=Value({}, models.JSONField()))
    tags = ArrayField(models.TextField(), db_default=Value([], ArrayField(models.TextField())))
    user = models.ForeignKey(User, models.CASCADE, db_column="userId", null=True, db_index=False, db_constraint=False)

    class Meta:
        db_table = "Thread"
        indexes = [
            models.Index(
                fields=["user", "-updated_at", "-id"],
                name="thread_of_user",
                condition=models.Q(deleted_at__isnull=True),
            ),
            # For the tenant's own list of all conversations, and for those that have been kept long enough.
            models.Index(
                fields=["-updated_at", "-id"], name="thread_newest", condition=models.Q(deleted_at__isnull=True)
            ),
            models.Index(fields=["deleted_at"], name="thread_deleted", condition=models.Q(deleted_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name or str(self.pk)


class Step(Stored):
    """A message or a step of an answer; its start and end are the app's clock, ``created_at`` gives the order."""

    thread = models.ForeignKey(Thread, models.CASCADE, db_column="threadId", db_index=False, db_constraint=False)
    parent_id = models.UUIDField(db_column="parentId", null=True)
    type = models.TextField()
    name = models.TextField(null=True)  # noqa: DJ001 - absent and empty differ in the official layer, here and below
    input = models.TextField(null=True)  # noqa: DJ001 - as above
    output = models.TextField(null=True)  # noqa: DJ001 - as above
    metadata = models.JSONField(db_default=Value({}, models.JSONField()))
    tags = ArrayField(models.TextField(), null=True)
    language = models.TextField(null=True)  # noqa: DJ001 - as above
    generation = models.JSONField(null=True)
    command = models.TextField(null=True)  # noqa: DJ001 - as above
    modes = models.JSONField(null=True)
    show_input = models.TextField(db_column="showInput", null=True)  # noqa: DJ001 - as above
    default_open = models.BooleanField(db_column="defaultOpen", null=True)
    auto_collapse = models.BooleanField(db_column="autoCollapse", null=True)
    wait_for_answer = models.BooleanField(db_column="waitForAnswer", null=True)
    is_error = models.BooleanField(db_column="isError", db_default=False)
    start_time = models.DateTimeField(db_column="startTime", null=True)
    end_time = models.DateTimeField(db_column="endTime", null=True)
    revision = models.PositiveIntegerField(null=True)

    class Meta:
        db_table = "Step"
        indexes = [
            models.Index(fields=["thread", "created_at"], name="step_of_thread"),
            models.Index(fields=["parent_id"], name="step_of_parent", condition=models.Q(parent_id__isnull=False)),
            models.Index(
                fields=["thread"], name="step_favourite", condition=models.Q(metadata__contains={"favorite": True})
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"


class Element(Stored):
    """A file or widget beside a step. Content is in the object store under ``object_key``, or at ``url``."""

    thread = models.ForeignKey(Thread, models.CASCADE, db_column="threadId", db_index=False, db_constraint=False)
    step_id = models.UUIDField(db_column="stepId", null=True)
    metadata = models.JSONField(db_default=Value({}, models.JSONField()))
    mime = models.TextField(null=True)  # noqa: DJ001 - absent and empty differ in the official layer, here and below
    name = models.TextField()
    object_key = models.TextField(db_column="objectKey", null=True)  # noqa: DJ001 - as above
    url = models.TextField(null=True)  # noqa: DJ001 - as above
    chainlit_key = models.TextField(db_column="chainlitKey", null=True)  # noqa: DJ001 - as above
    display = models.TextField(null=True)  # noqa: DJ001 - as above
    size = models.TextField(null=True)  # noqa: DJ001 - as above
    language = models.TextField(null=True)  # noqa: DJ001 - as above
    page = models.IntegerField(null=True)
    props = models.JSONField(null=True)
    auto_play = models.BooleanField(db_column="autoPlay", null=True)
    player_config = models.JSONField(db_column="playerConfig", null=True)

    class Meta:
        db_table = "Element"
        indexes = [
            models.Index(fields=["thread"], name="element_of_thread"),
            models.Index(fields=["step_id"], name="element_of_step"),
        ]

    def __str__(self) -> str:
        return self.name


class Feedback(Stored):
    """A thumb up (1) or down (0) on a step, one a step."""

    step = models.OneToOneField(Step, models.CASCADE, db_column="stepId", db_constraint=False)
    name = models.TextField(db_default="user_feedback")
    value = models.FloatField()
    comment = models.TextField(null=True)  # noqa: DJ001 - as in the official layer

    class Meta:
        db_table = "Feedback"

    def __str__(self) -> str:
        return f"{self.value:g} on {self.step_id}"


class Readers(models.TextChoices):
    """Which of the tenant's own people may read what was said in its chat."""

    NOBODY = "nobody", "Nobody"
    OWNERS = "owners", "Owners"
    ADMINISTRATORS = "administrators", "Owners and admins"

    @property
    def roles(self) -> frozenset[Role]:
        """The roles of those who may."""
        return _ROLES[self]


_ROLES = {
    Readers.NOBODY: frozenset[Role](),
    Readers.OWNERS: frozenset({Role.OWNER}),
    Readers.ADMINISTRATORS: frozenset({Role.OWNER, Role.ADMIN}),
}


class ConversationPolicy(Singleton):
    """Who may read conversations, and after how many days without a word they are deleted; 0 keeps them.

    No part of the published document: no runtime needs it, and no older revision may bring readers back.
    """

    readers = models.CharField(max_length=14, choices=Readers.choices, default=Readers.NOBODY)
    retention_days = models.PositiveIntegerField(default=0)

    class Meta(Singleton.Meta):
        pass

    def __str__(self) -> str:
        return f"read by {self.readers}"
