"""The executors of the suite. The libraries of an executor are imported when it is asked for."""

from collections.abc import Sequence

from denoisebench.plugin.executor import Crew, Executor
from denoisebench.specs import Spec


class Processes(Executor):
    """`processes:N`, or N alone."""

    name, summary = "processes", "N processes of this machine; a number alone means the same"

    def crew(self, spec: Spec) -> Crew:
        from denoisebench.executors.this_machine import process_crew

        return process_crew(spec)


class Gpus(Executor):
    """`cuda`."""

    name, summary = "cuda", "a process on each GPU of this machine"

    def crew(self, spec: Spec) -> Crew:
        from denoisebench.executors.this_machine import gpu_crew

        return gpu_crew(spec)


class Ray(Executor):
    """`ray[:ADDRESS][:workers=N][:threads=N][:gpus=F]`"""

    name = "ray"
    summary = "tasks of a Ray cluster: ray[:ADDRESS][:workers=N][:threads=N][:gpus=F]"

    def crew(self, spec: Spec) -> Crew:
        from denoisebench.executors.ray_cluster import ray_crew

        return ray_crew(spec)


class Slurm(Executor):
    """`slurm[:partition=P][:gpus=N][:time=4h][:workers=N]...`"""

    name = "slurm"
    summary = "jobs of SLURM: slurm[:partition=P][:account=A][:gpus=N][:time=4h][:workers=N]..."

    def crew(self, spec: Spec) -> Crew:
        from denoisebench.executors.slurm import slurm_crew

        return slurm_crew(spec)


EXECUTORS: Sequence[Executor] = (Gpus(), Processes(), Ray(), Slurm())
