"""What is exchanged with other systems: who may ask for what, the register of interfaces, webhooks, the sandbox."""
