"""What is said in a preview is not kept, also where the tenant keeps conversations and the draft would too."""

from tests.runtime.chainlit_host.previewing import Preview
from tests.runtime.waiting import until

SAID = 'SELECT count(*) AS number FROM "Step" WHERE output LIKE %s'


async def test_nothing_that_is_said_in_a_preview_is_kept(keeping, person, word):
    ann = person()
    preview = Preview(keeping.runtime, "keeper-one", cookies=ann.cookies, history={"enabled": True})
    async with preview.chat() as chat:
        await chat.send(f"in the preview {word}")
    with preview.client() as client:
        asked = {"pagination": {"first": 20}, "filter": {}}
        threads = client.post(f"{preview.path}project/threads", json=asked)
    await ann.tell(f"in the chat {word}")  # said later, and kept

    await until(lambda: keeping.rows("keeper-one", SAID, f"in the chat {word}%")[0]["number"] > 0)
    assert keeping.rows("keeper-one", SAID, f"in the preview {word}%") == [{"number": 0}]
    assert [thread["name"] for thread in ann.threads()["data"]].count(f"in the preview {word}") == 0
    assert threads.status_code == 400  # Chainlit's answer where nothing is kept
