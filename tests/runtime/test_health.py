"""The internal port, as probes and Prometheus see it."""

import structlog

from runtime import __version__
from tests.runtime.waiting import until


async def test_a_runtime_that_listens_and_has_apps_is_ready(shell, registry):
    await shell.get(registry.add("acme").hosts[0])
    answer = await shell.internal.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "serving": True,
        "state_source": "postgres",
        "states": "reachable",
        "listening": True,
        "tenants": 1,
        "apps": ["assistant"],
        "broken_apps": {},
        "missing_apps": {},
    }


async def test_a_runtime_without_any_app_is_alive_but_not_ready(shell):
    shell.host.loaded_apps.clear()
    shell.host.broken_apps["assistant"] = "SyntaxError in main.py line 3"
    answer = await shell.internal.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")
    assert answer.json()["broken_apps"] == {"assistant": "SyntaxError in main.py line 3"}
    assert (await shell.internal.get("/healthz")).status_code == 200


async def test_a_tenant_whose_app_there_is_not_is_named_in_the_log_once_and_counted(shell, registry):
    lost, globex = registry.add("acme", app="lost"), registry.add("globex")
    with structlog.testing.capture_logs() as lines:
        for state in (lost, lost, globex):
            await shell.get(state.hosts[0])
        assert (await shell.ready())["missing_apps"] == {"lost": 1}
        registry.publish(globex, app="gone")
        await until(lambda: _missing(shell, {"lost": 1, "gone": 1}))
    told = [(line["tenant"], line["app"]) for line in lines if line["event"] == "tenant_without_app"]
    assert told == [(lost.slug, "lost"), (globex.slug, "gone")]
    assert (await shell.ready())["status"] == "ready"


async def test_a_runtime_that_is_about_to_stop_asks_for_no_more_traffic(shell, registry):
    acme = registry.add("acme")
    shell.application.withdraw()
    assert (await shell.internal.get("/readyz")).status_code == 503
    assert (await shell.get(acme.hosts[0])).status_code == 200


async def test_nothing_else_is_on_the_internal_port(shell):
    assert (await shell.internal.get("/")).status_code == 404
    assert (await shell.internal.post("/metrics")).status_code == 405
    assert (await shell.internal.head("/healthz")).status_code == 200


async def test_internal_addresses_are_no_addresses_of_a_tenants_host(shell, registry):
    acme = registry.add("acme")
    for path in ("/metrics", "/readyz", "/healthz"):
        assert (await shell.get(acme.hosts[0], path)).json()["path"] == path


async def test_metrics_count_answers_by_class_and_never_name_a_tenant(shell, registry):
    acme, globex = registry.add("acme"), registry.add("globex")
    for host in (acme.hosts[0], acme.hosts[0], globex.hosts[0], "nobody.localhost", "127.0.0.1"):
        await shell.get(host)
    await shell.get(acme.hosts[0], "/fail")
    counts = [
        await shell.metric(f'chainlit_tenants_requests_total{{kind="http",status="{status}"}}')
        for status in ("2xx", "4xx", "5xx")
    ]
    assert counts == [3, 2, 1]
    assert await shell.metric("chainlit_tenants_loaded_tenants") == 2
    assert await shell.metric("chainlit_tenants_resolve_hits_total") == 2
    assert await shell.metric("chainlit_tenants_resolve_misses_total") == 3
    assert await shell.metric("chainlit_tenants_open_transports") == 0
    assert await shell.metric("chainlit_tenants_state_listening") == 1
    assert await shell.metric("chainlit_tenants_state_stale") == 0
    text = (await shell.internal.get("/metrics")).text
    assert acme.slug not in text
    assert f'version="{__version__}"' in text


async def test_the_time_from_hearing_to_serving_is_measured(shell, registry):
    acme = registry.add("acme")
    await shell.get(acme.hosts[0])
    before = await shell.metric("chainlit_tenants_state_apply_seconds_count")
    registry.rename(acme, "Acme Rockets")
    await until(lambda: _grew(shell, before))


async def _grew(shell, before):
    return await shell.metric("chainlit_tenants_state_apply_seconds_count") > before


async def _missing(shell, apps):
    return (await shell.ready())["missing_apps"] == apps
