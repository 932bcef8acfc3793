"""What the proxy of the fault tests does to a link."""

import socket
import threading
import time
import unittest

import link_proxy

TIMEOUT_S = 30


class Echo:
    """A server that gives back what it gets."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            try:
                while data := client.recv(65536):
                    client.sendall(data)
            except OSError:
                pass

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def receive(client, size):
    data = b""
    while len(data) < size and (more := client.recv(size - len(data))):
        data += more
    return data


class Proxy(unittest.TestCase):
    def setUp(self):
        self.echo = Echo()
        self.addCleanup(self.echo.close)
        self.proxy = link_proxy.LinkProxy()
        self.addCleanup(self.proxy.close)
        self.proxy.lead_to(self.echo.port)

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.proxy.port), TIMEOUT_S)
        self.addCleanup(client.close)
        return client

    def test_bytes_pass_unchanged_both_ways_and_are_counted(self):
        client = self.connect()
        sent = bytes(range(256)) * 4000
        threading.Thread(target=client.sendall, args=(sent,), daemon=True).start()
        self.assertEqual(receive(client, len(sent)), sent)
        self.assertEqual(self.proxy.carried_bytes, len(sent))

    def test_a_cut_ends_connections_and_refuses_new_ones_until_restored(self):
        client = self.connect()
        client.sendall(b"before")
        self.assertEqual(receive(client, 6), b"before")
        self.proxy.cut()
        self.assertEqual(receive(client, 1), b"")
        for _ in range(10):
            self.assertRaises(ConnectionRefusedError, self.connect)
        self.proxy.restore()
        client = self.connect()
        client.sendall(b"behind")
        self.assertEqual(receive(client, 6), b"behind")

    def test_it_leads_to_a_restarted_receiver_on_the_same_port(self):
        port = self.proxy.port
        self.proxy.lead_to(None)
        self.assertRaises(ConnectionRefusedError, self.connect)
        again = Echo()
        self.addCleanup(again.close)
        self.proxy.lead_to(again.port)
        client = self.connect()
        client.sendall(b"x")
        self.assertEqual(receive(client, 1), b"x")
        self.assertEqual(self.proxy.port, port)

    def test_a_receiver_that_is_gone_ends_the_connection(self):
        self.proxy.lead_to(1)  # nothing listens there
        self.assertEqual(receive(self.connect(), 1), b"")

    def test_a_slow_link_takes_its_time_until_it_is_fast_again(self):
        client = self.connect()
        self.proxy.limit(50_000)
        began = time.monotonic()
        client.sendall(bytes(20_000))
        self.assertEqual(len(receive(client, 20_000)), 20_000)
        self.assertGreater(time.monotonic() - began, 0.35)
        self.proxy.limit(100)
        client.sendall(bytes(20_000))  # takes minutes
        self.proxy.limit(None)
        self.assertEqual(len(receive(client, 20_000)), 20_000)

    def test_a_slow_link_holds_the_sender_back(self):
        client = self.connect()
        self.proxy.limit(10_000)
        client.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            client.sendall(bytes(64 << 20))


if __name__ == "__main__":
    unittest.main()
