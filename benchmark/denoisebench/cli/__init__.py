"""The command line: one file a verb, imported only when it is called."""

import importlib
import sys

import click

import denoisebench
from denoisebench.errors import TerminatedError, UserError, plugin_failure
from denoisebench.interrupts import terminated_as_interrupted

VERBS = {
    "run": "Train one method if need be, score it, print the table.",
    "compare": "Score several methods on the same noisy images, print the table.",
    "sweep": "Score denoisers over a grid of levels, print the table, draw the curves.",
    "table": "Compute the whole table of a paper, write its page.",
    "denoise": "Denoise your own images.",
    "rank": "Rank methods on noisy images without clean ones.",
    "status": "Tell what is done, what is being computed, and by which process.",
    "report": "Show stored results: one HTML page, or any other report.",
    "results": "Merge folders of stored results; export them; share them as a site.",
    "list": "List methods, noises, datasets, presets, protocols, and what else plugins offer.",
    "show": "Spell out a protocol, a method, a noise or a data set.",
    "new": "Write a plugin to begin with: a package, or one file.",
    "check": "Check what must hold of a plugin that you write.",
    "rescore": "Score kept estimates under another protocol; denoise nothing.",
    "measure": "Measure kept estimates by metrics beside PSNR and SSIM; denoise nothing.",
    "datasets": "List, fetch, verify, pack image sets; find what two share.",
    "noise": "Preview a noise model; write noisy images as files.",
    "estimate": "Tell the noise of your noisy images: its level, its family.",
    "weights": "Import weights that the original code of a method trained.",
    "zoo": "List, check and train the bundled weights.",
    "plot": "Draw the curves of trainings, or images of several methods.",
    "doctor": "Check versions, devices, data, bundled weights and free space.",
}


EXAMPLES = """\
Benchmark self-supervised image denoising.  Four commands to begin with:

  bench run --method noise2score --datasets samples    score one method
  bench compare --datasets kodak,cbsd68,set12          compare several
  bench denoise my/images --preview                    denoise your own images
  bench new method my-method --file                    write a method of your own

`bench --help` lists all commands, `bench doctor` checks this machine."""
"""Printed by `bench` alone; a test runs each of them."""


class _Verbs(click.Group):
    """Knows its verbs by name and imports a verb's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*VERBS]  # `list` may be the module of the verb

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"denoisebench.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([*VERBS.items()])


@click.group(
    cls=_Verbs,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(denoisebench.__version__, prog_name="bench")
@click.pass_context
def group(context: click.Context) -> None:
    """Benchmark self-supervised image denoising: numbers that can be trusted.

    \b
    bench run --method noise2score --noise gaussian:25
    bench compare --datasets kodak,cbsd68,set12
    """
    if context.invoked_subcommand is None:
        click.echo(EXAMPLES)


def _one_line(text: str) -> str:
    """A message in a line of at most 1000 characters, without those that steer a terminal."""
    from denoisebench.outside_text import printable  # not needed where all goes well

    line = printable(" ".join(text.split()))
    return line if len(line) <= 1000 else f"{line[:600]} [...] {line[-390:]}"


def main() -> None:
    """The console script.

    Exit status: 0 done, 1 a method or a check failed, 2 bad input or trouble with the machine, 130
    interrupted, 143 terminated.
    """
    try:
        with terminated_as_interrupted():
            status = group.main(standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except BrokenPipeError:  # the reader of our output went away: `bench ... | head`
        sys.stderr.close()
        sys.exit(0)
    except (UserError, OSError, MemoryError) as error:
        click.echo(f"bench: {_one_line(_said(error))}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort) as error:
        cause = error.__cause__ or error  # click makes an Abort of an interrupt
        said = f" ({cause})" if str(cause) else ""
        terminated = isinstance(cause, TerminatedError)
        what = "terminated" if terminated else "interrupted"
        click.echo(f"\nbench: {what}; the same command continues from here{said}", err=True)
        sys.exit(143 if terminated else 130)
    except Exception as error:
        failure = plugin_failure(error)
        if failure is None:  # a fault of the suite: its traceback is what the report of it needs
            raise
        if "--traceback" in sys.argv:
            import traceback  # not needed where all goes well

            traceback.print_exc()
        click.echo(f"bench: {_one_line(failure)}", err=True)
        sys.exit(1)


def _said(error: Exception) -> str:
    """The error in words."""
    if isinstance(error, MemoryError):
        return f"there is not enough memory: {error}".rstrip(": ")
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)
