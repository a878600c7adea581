"""Makes batches of images: worker processes, their shared memory, and the transfer to the device.

Workers get small tasks through pipes and write pixels into slots of shared memory. So no batch is
sent through a pipe, nothing is stored in /dev/shm, and a dead worker is noticed when its answer is
awaited.
"""
