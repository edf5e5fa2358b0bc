"""How much each tenant is used: counted in memory, stored in batches, never on the way of an answer."""

from runtime.usage.counting import DayCounts, UsageBatch, UsageCounter
from runtime.usage.recording import TenantUsage, use_usage_counter
from runtime.usage.storing import UsageStore

__all__ = ["DayCounts", "TenantUsage", "UsageBatch", "UsageCounter", "UsageStore", "use_usage_counter"]
