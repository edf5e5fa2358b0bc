"""Where conversations are kept: the app's own layer, one a tenant; never one the environment names."""


def _settings(runtime, slug):
    with runtime.client(slug, Cookie=_cookie(runtime, slug)) as client:
        return client.get("/project/settings").json()


def _cookie(runtime, slug):
    return f"access_token={runtime.sign_in(slug)['access_token']}"


def _threads(runtime, slug):
    with runtime.client(slug, Cookie=_cookie(runtime, slug)) as client:
        answer = client.post("/project/threads", json={"pagination": {"first": 20}, "filter": {}})
    return [thread["name"] for thread in answer.json()["data"]]


def test_history_is_offered_where_the_app_declares_a_layer(runtime):
    assert _settings(runtime, "stored-one")["dataPersistence"] is True
    assert _settings(runtime, "globex")["dataPersistence"] is False


async def test_the_same_person_finds_at_each_tenant_only_what_was_said_there(runtime):
    for slug in ("stored-one", "stored-two"):
        async with runtime.chat(slug, cookies=runtime.sign_in(slug)) as chat:
            await chat.send(f"said at {slug}")

    assert "said at stored-one" in _threads(runtime, "stored-one")
    assert "said at stored-one" not in _threads(runtime, "stored-two")
    assert "said at stored-two" in _threads(runtime, "stored-two")


async def test_a_tenants_layer_outlives_a_revision(runtime):
    async with runtime.chat("stored-one", cookies=runtime.sign_in("stored-one")) as chat:
        await chat.send("before the revision")
    runtime.publish("stored-one", branding={"display_name": "Revised"})

    assert "before the revision" in _threads(runtime, "stored-one")
