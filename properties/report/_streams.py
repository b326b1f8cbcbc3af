"""Standard output holds the result and nothing else: whatever is printed beside it goes to standard error."""

import contextlib
import json
import os
import sys
import unicodedata
from collections.abc import Generator
from typing import Any

LONGEST = 500
"""Letters of a line on standard error; of a longer one the middle is left out."""

_HELD: list[Any] = []


def printable(text: str) -> str:
    r"""The text on one line, with control characters and lone surrogates as escapes.

    >>> printable("a\x1b[31mb\n")
    'a\\x1b[31mb\\n'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def visible(text: str) -> str:
    r"""The text with what nobody sees, and what turns the direction of what they see, as escapes; lines stay lines.

    >>> visible("a\x1b[31m\N{RIGHT-TO-LEFT OVERRIDE}b\nc\N{THIN SPACE}d") == r"a\x1b[31m\u202eb" + "\nc\N{THIN SPACE}d"
    True
    """
    return "".join(c if c == "\n" or _shows(c) else c.encode("unicode_escape").decode() for c in text)


def _shows(letter: str) -> bool:
    return letter.isprintable() or unicodedata.category(letter) == "Zs"


def cut(line: str, most: int = LONGEST) -> str:
    """A line of at most so many letters: its beginning and its end, for the end says how to mend it.

    >>> cut("short"), cut("a" * 300 + "b" * 300, 9)
    ('short', 'aaaaaa…bb')
    """
    if len(line) <= most:
        return line
    end = most // 4
    return f"{line[: most - end - 1]}…{line[-end:]}"


def say(line: str) -> None:
    """One line of ours on standard error; where nobody reads it, nothing is lost but the line.

    >>> say("interrupted")
    """
    complete()
    _send(sys.stderr, f"neverseen: {cut(printable(' '.join(line.split())))}\n")


def complete() -> None:
    """Put nothing where the caller closed standard error: otherwise Python says on the one what is meant for the other.

    >>> complete()
    """
    if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison]
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def out() -> Any:
    """Where the result goes; None where the caller closed standard output.

    >>> out() is sys.stdout
    True
    """
    return _HELD[-1] if _HELD else sys.stdout


@contextlib.contextmanager
def result_apart() -> Generator[None]:
    """Until it ends, standard output is for `write` alone: prints of anybody else go to standard error.

    Where standard output is this process's own, so are its descriptor's lines: those of C++ and of child processes.

    >>> with result_apart():
    ...     print("by the way")
    """
    complete()
    own = sys.stdout
    copy = _moved(own)
    _HELD.append(copy or own)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        _HELD.pop()
        if copy is not None:
            with contextlib.suppress(ValueError):  # what was left there has been given up already
                flush(copy)
            os.dup2(copy.fileno(), 1)
            copy.close()


def _moved(stream: Any) -> Any:
    """Standard output at another descriptor, with its own now standard error's; None where it is not descriptor 1."""
    try:
        if stream is None or stream.fileno() != 1:
            return None
        stream.flush()
    except (OSError, ValueError):
        return None
    moved = open(os.dup(1), "w", encoding=stream.encoding, errors="backslashreplace")  # noqa: SIM115
    os.dup2(2, 1)
    return moved


def write(text: str) -> None:
    """A text on standard output, now. A reader that has gone away is no error.

    Where the caller closed standard output, or it takes no more, it goes to standard error: a verdict is not lost.

    Raises:
        ValueError: standard output cannot be written.

    >>> write("a")
    a
    """
    stream = out()
    if stream is None:
        _beside("is closed", text)
        return
    try:
        print(_encoded(stream, text), file=stream, flush=True)
    except BrokenPipeError:
        _discard(stream)
    except OSError as error:
        _beside(f"cannot be written ({error.strerror})", text)
        raise _refused(stream, error) from error


def _beside(why: str, text: str) -> None:
    say(f"standard output {why}; what follows was meant for it")
    _send(sys.stderr, f"{text}\n")


def _refused(stream: Any, error: OSError) -> ValueError:
    _discard(stream)
    return ValueError(f"standard output: cannot write ({error.strerror}); redirect it elsewhere")


def write_json(text: str) -> None:
    r"""A JSON text on standard output; what a terminal would act on, or lacks, stands as JSON's own escapes.

    >>> write_json('"\x9b\N{RIGHT-TO-LEFT OVERRIDE}ε"')
    "\u009b\u202eε"
    """
    stream = out()
    plain = _lacking(getattr(stream, "encoding", None) or "utf-8", text)
    write("".join(c if c == "\n" or (c.isprintable() and (c.isascii() or not plain)) else _escaped(c) for c in text))


def flush(stream: Any = None) -> None:
    """Send what was printed, or drop it where the reader has gone away.

    Raises:
        ValueError: standard output cannot be written.

    >>> flush()
    """
    stream = stream or out()
    try:
        if stream is not None:
            stream.flush()
    except BrokenPipeError:
        _discard(stream)
    except OSError as error:
        raise _refused(stream, error) from error


def _send(stream: Any, text: str) -> None:
    """Write where nobody may be reading."""
    try:
        stream.write(_encoded(stream, text))
        stream.flush()
    except OSError:
        _discard(stream)
    except ValueError:  # closed by somebody's code
        return


def _encoded(stream: Any, text: str) -> str:
    """The text, with escapes for the letters that the stream's encoding lacks."""
    coding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(coding, "backslashreplace").decode(coding) if _lacking(coding, text) else text


def _lacking(coding: str, text: str) -> bool:
    try:
        text.encode(coding)
    except (UnicodeError, LookupError):
        return True
    return False


def _escaped(letter: str) -> str:
    return json.dumps(letter)[1:-1] if not letter.isascii() else f"\\u{ord(letter):04x}"


def _discard(stream: Any) -> None:
    """Point a stream at nothing, so that the interpreter's own flush at exit cannot fail."""
    try:
        descriptor = -1 if stream is None else stream.fileno()
    except (OSError, ValueError):
        return
    with open(os.devnull, "w", encoding="utf-8") as nothing:
        if descriptor >= 0:
            os.dup2(nothing.fileno(), descriptor)
