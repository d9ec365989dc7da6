"""``wsx send``: each row of a file as one message."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Final

import click

from wsx.cli.connections import ChannelConnection, Plan, request_bytes
from wsx.cli.credentials import security_of, security_options
from wsx.cli.journal import Journal, JournalProblem, RecordedRows, fingerprint
from wsx.cli.progress import SendProgress
from wsx.cli.reports import ReportFile, replied_rows, reply_text
from wsx.cli.rows import STANDARD_INPUT, Row, count_rows, detect_format, failed_line, open_rows
from wsx.cli.sender import Sender
from wsx.cli.tables import TableProblem, load_header, load_message
from wsx.cli.values import ValueProblem, keeps_empty
from wsx.errors import ErrorCode, InvalidEndpointUrl, WsError
from wsx.message import AddressingVersion, EnvelopeVersion
from wsx.transport import HttpUrl

__all__ = ["send"]

EXIT_SENT: Final = 0
EXIT_NOT_ALL_SENT: Final = 1
EXIT_UNUSABLE: Final = 2  # click's code for a usage error; also unreadable input and unwritable output
EXIT_INTERRUPTED: Final = 130

# What must not change between a run and those that go on with it, beside the arguments.
_SAME_IN_A_RUN: Final = {
    "action": "action",
    "header": "headers",
    "must-understand": "must_understand",
    "soap": "soap",
    "addressing": "addressing",
    "reply": "reply_table",
}
_ENVELOPES: Final = {"1.1": EnvelopeVersion.SOAP_1_1, "1.2": EnvelopeVersion.SOAP_1_2}
_ADDRESSINGS: Final = {
    "1.0": AddressingVersion.V1_0,
    "0.9": AddressingVersion.V0_9,
    "transport": AddressingVersion.TRANSPORT,
}


@dataclass
class Tally:
    """What became of the rows."""

    sent: int = 0
    failed: int = 0
    not_tried: int = 0

    @property
    def rows(self) -> int:
        """All rows of this run."""
        return self.sent + self.failed + self.not_tried

    def __str__(self) -> str:
        return f"{self.rows} rows: {self.sent} sent, {self.failed} failed, {self.not_tried} not tried"


@click.command()
@click.argument("table")
@click.argument("input_path", metavar="INPUT")
@click.argument("url")
@click.option(
    "--format", "row_format", type=click.Choice(["jsonl", "csv"]), help="Format of INPUT; by its name if not given."
)
@click.option("--action", help="Action of the messages; replaces the table's.")
@click.option(
    "--header", "headers", multiple=True, metavar="MODULE:NAME=VALUE", help="A custom header on every message."
)
@click.option("--must-understand", is_flag=True, help="Mark the custom headers mustUnderstand.")
@click.option("--soap", type=click.Choice(list(_ENVELOPES)), default="1.2", show_default=True, help="SOAP version.")
@click.option(
    "--addressing",
    type=click.Choice(list(_ADDRESSINGS)),
    help="WS-Addressing version; transport means no addressing headers. [default: 1.0, with --soap 1.1 transport]",
)
@click.option(
    "--reply", "reply_table", metavar="MODULE:NAME", help="Table of the replies; without it they are only checked."
)
@click.option("--output", metavar="FILE", help="Write the replies to FILE, one JSON object per line.")
@click.option("--failed", "failed_path", metavar="FILE", help="Write rows that were not sent to FILE, usable as INPUT.")
@click.option("--overwrite", is_flag=True, help="Let --output and --failed replace files that hold something.")
@click.option("--concurrency", type=click.IntRange(1, 256), default=1, show_default=True, help="Connections at once.")
@click.option("--max-failures", type=click.IntRange(1), metavar="N", help="Start no further row after N failures.")
@click.option(
    "--timeout", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="Limit of each phase of a call."
)
@security_options
@click.option(
    "--resume",
    is_flag=True,
    help="Keep a journal beside the report, and leave out what an earlier run with the same command has done.",
)
@click.option("--dry-run", is_flag=True, help="Print the first HTTP request exactly as it would go, and send nothing.")
def send(  # noqa: PLR0917 (the parameters are the options)
    table: str,
    input_path: str,
    url: str,
    row_format: str | None,
    headers: tuple[str, ...],
    must_understand: bool,
    action: str | None,
    soap: str,
    addressing: str | None,
    reply_table: str | None,
    output: str | None,
    failed_path: str | None,
    overwrite: bool,
    concurrency: int,
    max_failures: int | None,
    timeout: float | None,
    resume: bool,
    dry_run: bool,
    **security: str | None,
) -> None:
    """Send each row of INPUT as one message to URL.

    TABLE is module:NAME of a MessageDescription, an ElementDescription or a class made by @wsx.struct. INPUT is a JSON
    Lines or CSV file, or - for standard input.

    Exit status: 0 all rows were sent, 1 some failed or were not tried, 2 nothing could be done or a file could not be
    read or written to its end, 130 interrupted.
    """
    if addressing is None:
        addressing = "transport" if soap == "1.1" else "1.0"
    try:
        message = load_message(table, action)
        reply = None if reply_table is None else load_message(reply_table)
        custom = tuple(load_header(header) for header in headers)
        https = HttpUrl.parse(url).scheme == "https"
    except (TableProblem, InvalidEndpointUrl) as error:
        raise click.UsageError(str(error)) from error
    if message.body is None:
        raise click.UsageError(f"{table!r} has no body: there is nothing that a row could fill")
    plan = Plan(
        url=url,
        message=message,
        reply=reply,
        headers=custom,
        must_understand=must_understand,
        envelope=_ENVELOPES[soap],
        addressing=_ADDRESSINGS[addressing],
        timeout=timeout,
    )
    source = _Source(input_path, row_format or detect_format(input_path), plan)
    if dry_run:
        sys.exit(_dry_run(source, plan))
    plan = replace(plan, security=security_of(https=https, **security))
    source = _Source(input_path, source.format, plan)
    journal = None
    if resume:
        if overwrite:
            raise click.UsageError("--resume goes on with the files that --overwrite would replace")
        journal = _journal(source, output or failed_path or input_path)
    _check_files(input_path, output, failed_path, may_hold=overwrite or (journal is not None and journal.resumed))
    run = _Run(source, plan, output=output, failed=failed_path, concurrency=concurrency, max_failures=max_failures,
               journal=journal)  # fmt: skip
    sys.exit(run.run())


class _Source:
    """The input with what its table says about it."""

    def __init__(self, path: str, row_format: str, plan: Plan) -> None:
        self.path = path
        self.format = row_format
        self._plan = plan

    def _keeps_empty(self, column: str) -> bool:
        return keeps_empty(self._plan.body, column)

    def count(self) -> int | None:
        try:
            return count_rows(self.path, self.format, self._keeps_empty)
        except (OSError, ValueError) as error:
            raise click.UsageError(f"{self.path}: {error}") from error

    @contextmanager
    def open(self) -> Iterator[Iterator[Row]]:
        with open_rows(self.path, self.format, self._keeps_empty) as rows:
            yield rows


def _journal(source: _Source, report: str) -> Journal:
    """The journal of a run, beside its report."""
    if source.path == STANDARD_INPUT:
        raise click.UsageError("--resume needs INPUT in a file: standard input cannot be read again")
    given = click.get_current_context().params
    try:
        run = {"INPUT": fingerprint(source.path), "--format": source.format, "TABLE": given["table"]}
        run |= {"URL": given["url"]} | {f"--{name}": str(given[option]) for name, option in _SAME_IN_A_RUN.items()}
        return Journal(Path(f"{report}.journal"), run)
    except (OSError, JournalProblem) as error:
        raise click.UsageError(str(error)) from error


def _check_files(input_path: str, output: str | None, failed: str | None, *, may_hold: bool) -> None:
    """Refuse files that the run would read and write at once, and to replace what an earlier run left."""
    used = {} if input_path == STANDARD_INPUT else {Path(input_path).resolve(): "INPUT"}
    for option, name in (("--output", output), ("--failed", failed)):
        if name is None:
            continue
        path = Path(name).resolve()
        if path in used:
            raise click.UsageError(f"{option} is the same file as {used[path]}")
        used[path] = option
        if not may_hold and path.is_file() and path.stat().st_size:
            raise click.UsageError(f"{option}: {name} exists and is not empty; --overwrite replaces it")


def _dry_run(source: _Source, plan: Plan) -> int:
    source.count()
    with source.open() as rows:
        row = next(rows, None)
    if row is None:
        raise click.UsageError(f"{source.path} has no rows")
    if row.error is not None:
        raise click.UsageError(f"{row.place}: {row.error}")
    try:
        request = request_bytes(plan, row)
    except (ValueProblem, WsError) as error:
        raise click.UsageError(f"{row.place}: {error}") from error
    sys.stdout.buffer.write(request)
    return EXIT_SENT


class _Run:
    """One run over the input."""

    def __init__(
        self,
        source: _Source,
        plan: Plan,
        *,
        output: str | None,
        failed: str | None,
        concurrency: int,
        max_failures: int | None,
        journal: Journal | None,
    ) -> None:
        self._journal = journal
        self._earlier = 0 if journal is None else len(journal.done)
        self._source = source
        self._plan = plan
        self._output_path = output
        self._failed_path = failed
        self._concurrency = concurrency
        self._max_failures = max_failures
        self._tally = Tally()
        self._interrupts = 0

    def run(self) -> int:
        total = self._source.count()
        if total is not None:
            total -= self._earlier
        append = self._journal is not None and self._journal.resumed
        try:
            replies = ReportFile(self._output_path, append=append)
            failed = ReportFile(self._failed_path, append=append)
        except OSError as error:
            raise click.UsageError(str(error)) from error
        started = time.monotonic()
        with self._source.open() as opened:
            rows = opened if self._journal is None else RecordedRows(opened, self._journal)
            sender = Sender(
                lambda: ChannelConnection(self._plan),
                rows,
                concurrency=self._concurrency,
                max_failures=self._max_failures,
            )
            with self._signals(sender):
                with SendProgress(sys.stderr, total) as progress:
                    self._settle(replies, failed, progress)
                    self._collect(sender, replies, failed, progress)
                seconds = time.monotonic() - started
                if isinstance(rows, RecordedRows):
                    rows.recording = False
                unread = self._count_not_tried(sender, rows, failed)
        replies.close()
        failed.close()
        if self._journal is not None:
            self._journal.close()
        return self._conclude(sender, (replies, failed), seconds, unread=unread)

    def _settle(self, replies: ReportFile, failed: ReportFile, progress: SendProgress) -> None:
        """What was in flight when an earlier run was killed: sent if its reply is in the report, else failed."""
        if self._journal is None or not self._journal.in_doubt:
            return
        answered = replied_rows(self._output_path)
        with self._source.open() as rows:
            for row in rows:
                if row.line not in self._journal.in_doubt:
                    continue
                if row.number in answered:
                    self._tally.sent += 1
                else:
                    error = "an earlier run was killed while this row was under way; whether it was acted on is unknown"
                    self._tally.failed += 1
                    failed.write(failed_line(row, error, ErrorCode.WS_E_OPERATION_ABANDONED.name))
                    progress.failure(f"{row.place}: {error}")
                progress.advance(ok=row.number in answered)
                self._journal.finish(row.line)
                self._journal.done.add(row.line)

    @contextmanager
    def _signals(self, sender: Sender) -> Iterator[None]:
        """First Ctrl-C or SIGTERM: start no further row. Second: end those in flight. Third: give up at once."""

        def handle(number: int, frame: FrameType | None) -> None:
            self._interrupts += 1
            if self._interrupts == 1:
                sender.stop()
            elif self._interrupts == 2:
                sender.abort()
            else:
                raise KeyboardInterrupt

        previous = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _collect(self, sender: Sender, replies: ReportFile, failed: ReportFile, progress: SendProgress) -> None:
        noted = False
        for outcome in sender.outcomes():
            if outcome.error is None:
                self._tally.sent += 1
                replies.write(reply_text(outcome))
            else:
                self._tally.failed += 1
                failed.write(failed_line(outcome.row, outcome.error, outcome.code))
                progress.failure(f"{outcome.row.place}: {outcome.error}")
                if self._tally.failed == self._max_failures:
                    progress.note(f"stopping after {self._max_failures} failures")
            progress.advance(ok=outcome.ok)
            if not (replies.error or failed.error):
                self._finish(outcome.row, sender)
            else:
                sender.stop()
            if self._interrupts and not noted:
                noted = True
                progress.note("interrupted: finishing the rows in flight")

    def _finish(self, row: Row, sender: Sender) -> None:
        if self._journal is None or sender.reading_error is not None:
            return
        try:
            self._journal.finish(row.line)
        except OSError as error:
            sender.reading_error = error
            sender.stop()

    def _count_not_tried(self, sender: Sender, rows: Iterator[Row], failed: ReportFile) -> bool:
        """Count the rows that were left and put them with the failed ones; True when rows were left unread."""
        if sender.reading_error is not None:
            return True
        if self._source.path == STANDARD_INPUT:
            return not sender.exhausted
        reason = "interrupted" if self._interrupts else "the run was stopped"
        try:
            for row in rows:
                self._tally.not_tried += 1
                if self._journal is not None:
                    continue
                failed.write(failed_line(row, f"not tried: {reason}", ErrorCode.WS_E_OPERATION_ABORTED.name))
        except (OSError, ValueError) as error:
            sender.reading_error = error
            return True
        return False

    def _conclude(self, sender: Sender, reports: tuple[ReportFile, ...], seconds: float, *, unread: bool) -> int:
        rate = (self._tally.sent + self._tally.failed) / max(seconds, 1e-9)
        click.echo(f"{self._tally} in {seconds:.2f} s ({rate:,.0f}/s)", err=True)
        if self._earlier:
            click.echo(f"{self._earlier} rows were done by earlier runs", err=True)
        code = EXIT_SENT
        if self._tally.failed or self._tally.not_tried:
            code = EXIT_NOT_ALL_SENT
            if self._journal is not None and self._tally.not_tried:
                click.echo("run the same command again to go on with the rows that were not tried", err=True)
            if self._failed_path is not None and (self._tally.failed or self._journal is None):
                click.echo(f"what was not sent is in {self._failed_path}; give it as INPUT to try again", err=True)
        if unread and sender.reading_error is None:
            click.echo("the rest of standard input was not read", err=True)
            code = EXIT_NOT_ALL_SENT
        if self._interrupts:
            code = EXIT_INTERRUPTED
        if sender.reading_error is not None:
            click.echo(f"{self._source.path}: reading ended early: {sender.reading_error}", err=True)
            code = EXIT_UNUSABLE
        for report in reports:
            if report.error is not None:
                click.echo(f"{report.path}: writing ended after {report.lines} lines: {report.error}", err=True)
                code = EXIT_UNUSABLE
        return code
