"""A TCP proxy in the middle of one link, which can be cut, restored and slowed."""

import socket
import threading
import time

CHUNK_BYTES = 4096
BUFFER_BYTES = 64 * 1024  # small, so that what a slow link holds back is held back in the sender


class LinkProxy:
    """Has one port for as long as it lives; where the port leads changes. Thread-safe.

    Connections are refused, as by a machine without the service, while the link is cut or leads
    nowhere.
    """

    def __init__(self):
        # Keeps the port while nothing listens on it.
        self._holder = _bound(0)
        self.port = self._holder.getsockname()[1]
        self._lock = threading.Lock()
        self._target = None
        self._is_cut = False
        self._listener = None
        self._connections = set()
        self._threads = []
        self._paces = (_Pace(), _Pace())
        self._carried_bytes = 0

    def address(self):
        return "127.0.0.1:%d" % self.port

    @property
    def carried_bytes(self):
        """Bytes that went from clients to the target so far, over all connections."""
        return self._carried_bytes

    def lead_to(self, port):
        """New connections go to this port of this machine; None: they are refused. Those that there
        are stay."""
        with self._lock:
            self._target = port
            self._listen_or_not()

    def cut(self):
        """Ends all connections and refuses new ones."""
        with self._lock:
            self._is_cut = True
            self._listen_or_not()
            connections = list(self._connections)
        for connection in connections:
            connection.end()

    def restore(self):
        with self._lock:
            self._is_cut = False
            self._listen_or_not()

    def limit(self, bytes_per_s):
        """In each direction, of all connections together; None: as fast as it goes."""
        for pace in self._paces:
            pace.limit(bytes_per_s)

    def close(self):
        self.limit(None)
        self.lead_to(None)
        self.cut()
        self._holder.close()
        while self._threads:
            self._threads.pop().join()

    def _listen_or_not(self):
        """Under the lock."""
        wanted = self._target is not None and not self._is_cut
        if wanted and self._listener is None:
            self._listener = _bound(self.port)
            self._listener.listen()
            self._start(self._accept, self._listener)
        elif not wanted and self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)  # its thread closes it
            self._listener = None

    def _start(self, function, *args):
        thread = threading.Thread(target=function, args=args, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _accept(self, listener):
        with listener:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                self._join(listener, client)

    def _join(self, listener, client):
        """Connects an accepted client to the target, or closes it when there is none."""
        server = socket.socket()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        try:
            server.connect(("127.0.0.1", self._target or 0))
        except OSError:
            server.close()
            client.close()
            return
        connection = _Connection(client, server)
        with self._lock:
            if self._listener is not listener:  # cut meanwhile
                connection.close()
                return
            self._connections.add(connection)
            self._start(self._carry, connection, client, server, self._paces[0], self._count)
            self._start(self._carry, connection, server, client, self._paces[1], None)

    def _carry(self, connection, source, sink, pace, count):
        """One direction of one connection, until either end closes."""
        try:
            while data := source.recv(CHUNK_BYTES):
                pace.wait(len(data))
                sink.sendall(data)
                if count:
                    count(len(data))
        except OSError:
            pass
        connection.end()
        with self._lock:
            self._connections.discard(connection)
            connection.release()

    def _count(self, size):
        with self._lock:
            self._carried_bytes += size


def _bound(port):
    """A socket on this port, which the holder and the listener of a proxy share."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    made.bind(("127.0.0.1", port))
    return made


class _Connection:
    """A client's and a server's socket, closed once both directions are done."""

    def __init__(self, client, server):
        self._sockets = (client, server)
        self._directions = 2
        for end in self._sockets:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def end(self):
        """Wakes both directions; they find it ended."""
        for end in self._sockets:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:  # gone already
                pass

    def release(self):
        """One direction is done."""
        self._directions -= 1
        if self._directions == 0:
            self.close()

    def close(self):
        for end in self._sockets:
            end.close()


class _Pace:
    """Lets bytes pass at a rate."""

    def __init__(self):
        self._changed = threading.Condition()
        self._bytes_per_s = None
        self._free_at = 0.0

    def limit(self, bytes_per_s):
        with self._changed:
            self._bytes_per_s = bytes_per_s
            self._free_at = time.monotonic()
            self._changed.notify_all()

    def wait(self, size):
        """Returns when `size` more bytes may have passed, or when the limit changes."""
        with self._changed:
            rate = self._bytes_per_s
            if rate is None:
                return
            self._free_at = max(self._free_at, time.monotonic()) + size / rate
            until = self._free_at
            while self._bytes_per_s == rate and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
