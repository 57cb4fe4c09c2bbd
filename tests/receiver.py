"""Another system's receiver, in a process of its own: keeps what it is posted, answers what it is told to.

Run as ``python -m tests.receiver FOLDER``; it writes its port to FOLDER/port, answers with the statuses in FOLDER/answers
(one a line, the last for ever; ``drop`` closes the connection without a word, ``slow`` takes its time), and appends each request to FOLDER/log.
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def main(folder: Path) -> None:
    """Serve until killed."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            kept = {
                "path": self.path,
                "headers": {key.lower(): value for key, value in self.headers.items()},
                "body": body,
            }
            wanted = folder.joinpath("answers").read_text().split()
            told = wanted.pop(0)
            if wanted:
                folder.joinpath("answers").write_text("\n".join(wanted))
            with folder.joinpath("log").open("a", encoding="utf-8") as log:
                log.write(json.dumps(kept) + "\n")
            if told == "slow":
                time.sleep(0.2)
                told = "200"
            if told == "drop":
                self.close_connection = True
                return
            status, _, wait = told.partition("/")
            self.send_response(int(status))
            if wait:
                self.send_header("Retry-After", wait)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *values: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    folder.joinpath("port.new").write_text(str(server.server_address[1]))
    folder.joinpath("port.new").rename(folder / "port")
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
