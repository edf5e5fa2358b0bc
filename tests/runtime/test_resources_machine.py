"""Property: whatever tenants, tasks and revisions do, a client is open while it is used or current, and else closed."""

import asyncio
from collections import OrderedDict

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from runtime.resources import per_tenant
from runtime.tenancy import bind_tenant
from tests.runtime.tenants_in_memory import make_handle, publish

SIZE = 3
TENANTS = range(6)


class Client:
    def __init__(self, tenant):
        self.slug, self.key, self.closed = tenant.slug, tenant.env["KEY"], 0

    async def aclose(self):
        self.closed += 1


class Worker:
    """A task that asks when it is told to, and lives until it is told to end."""

    def __init__(self, client):
        self._client = client
        self._orders = asyncio.Queue()
        self.task = asyncio.create_task(self._work())
        self.holds = None

    async def _work(self):
        while (order := await self._orders.get()) is not None:
            handle, answer = order
            with bind_tenant(handle):
                self.holds = self._client()
            answer.set_result(self.holds)

    async def ask(self, handle):
        answer = asyncio.get_running_loop().create_future()
        await self._orders.put((handle, answer))
        return await answer

    async def end(self):
        await self._orders.put(None)
        await self.task
        self.holds = None


class PerTenantMachine(RuleBasedStateMachine):
    """``current`` is the model: the clients in the order in which they were last asked for."""

    def __init__(self):
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.client = per_tenant(self._build, size=SIZE)
        self.handles = [make_handle(f"tenant-{number}", environment={"KEY": "0"}) for number in TENANTS]
        self.made, self.workers = [], []
        self.current = OrderedDict()

    def _build(self, tenant):
        self.made.append(Client(tenant))
        return self.made[-1]

    def _run(self, coroutine):
        return self.loop.run_until_complete(coroutine)

    @rule(number=st.sampled_from(TENANTS), worker=st.integers(0, 5))
    def ask(self, number, worker):
        handle = self.handles[number]

        async def ask():
            if worker >= len(self.workers):
                self.workers.append(Worker(self.client))
                return await self.workers[-1].ask(handle)
            return await self.workers[worker].ask(handle)

        known = self.current.get(number)
        count = len(self.made)
        got = self._run(ask())
        assert (got.slug, got.key) == (handle.state.slug, handle.environment["KEY"])
        if known is not None and known.key == got.key:
            assert got is known, "the environment is the same, so the client must be"
        else:
            assert len(self.made) == count + 1
        self.current[number] = got
        self.current.move_to_end(number)
        if len(self.current) > SIZE:
            self.current.popitem(last=False)

    @rule(number=st.sampled_from(TENANTS))
    def rotate_key(self, number):
        handle = self.handles[number]
        publish(handle, environment={"KEY": str(handle.revision)})

    @rule(number=st.sampled_from(TENANTS), also_rotate=st.booleans())
    def hear_of_revision(self, number, also_rotate):
        handle = self.handles[number]
        publish(handle, flags={"flag": True}, **({"environment": {"KEY": str(handle.revision)}} if also_rotate else {}))
        self._run(self._in_loop(lambda: self.client.refresh(handle)))
        known = self.current.get(number)
        if known is not None and known.key != handle.environment["KEY"]:
            del self.current[number]

    @rule(number=st.sampled_from(TENANTS))
    def suspend(self, number):
        self._run(self._in_loop(lambda: self.client.forget(self.handles[number].state.id)))
        self.current.pop(number, None)

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def end_task(self, data):
        worker = self.workers.pop(data.draw(st.integers(0, len(self.workers) - 1)))
        self._run(worker.end())

    @staticmethod
    async def _in_loop(function):
        function()

    @invariant()
    def what_is_current_or_used_is_open_and_nothing_else(self):
        # Whatever was to be closed is closed after a turn of the loop in which it was scheduled.
        for _ in range(3):
            self._run(asyncio.sleep(0))
        open_ones = {*map(id, self.current.values()), *(id(worker.holds) for worker in self.workers)}
        for client in self.made:
            assert client.closed == (0 if id(client) in open_ones else 1), client.slug
        assert len(self.client) == len(self.current) <= SIZE

    def teardown(self):
        for worker in self.workers:
            self._run(worker.end())
        self._run(self._in_loop(self.client.close))
        self._run(asyncio.sleep(0))
        self._run(asyncio.sleep(0))
        assert all(client.closed == 1 for client in self.made)
        self.loop.close()


TestPerTenant = PerTenantMachine.TestCase
TestPerTenant.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
