//! Ready-made systems.
