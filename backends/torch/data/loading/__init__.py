"""How batches of images come about: worker processes, the memory they share, the way to the device.

Workers get small tasks through pipes and leave pixels in slots of memory that all processes see. So
no batch is sent, nothing lies in /dev/shm, and a worker that dies is noticed where its answer is
waited for.
"""
