"""The executors of the suite: this machine, Ray, SLURM."""

from denoisebench.executors.ray_cluster import Ray
from denoisebench.executors.slurm import Slurm
from denoisebench.executors.this_machine import Gpus, Processes

EXECUTORS = [Gpus(), Processes(), Ray(), Slurm()]
"""All of them."""
