"""The bench: stock Chainlit, the runtime and the physical limit measured side by side, in one run on one machine."""
