"""What stands before a simulated device: TLS, or another address. Each listens on loopback and ends with its test."""
import contextlib
import selectors
import socket
import ssl
import threading

import harness


class Front:
    """Takes connections at `address` (port 0: a free one) and hands their bytes on to `to`, (host, port), and back."""

    def __init__(self, address, to, port=0, tls=None):
        self.to = to
        self.tls = tls
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, port))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.taken = 0
        self.lines = []
        self._open = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.taken += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            with self._lock:
                self._open.add(client)
            stack.callback(self._open.discard, client)
            stack.callback(client.close)
            if self.tls:
                client = stack.enter_context(self.tls.wrap_socket(client, server_side=True))
                self._open.add(client)
                stack.callback(self._open.discard, client)
            device = stack.enter_context(socket.create_connection(self.to, 10))
            device.settimeout(None)
            self._pump(client, device)

    def _pump(self, client, device):
        with selectors.DefaultSelector() as ready:
            ready.register(client, selectors.EVENT_READ, device)
            ready.register(device, selectors.EVENT_READ, client)
            while True:
                for key, _ in ready.select():
                    while True:
                        data = key.fileobj.recv(65536)
                        if not data:
                            return
                        key.data.sendall(data)
                        # What TLS has decrypted already wakes nobody.
                        if not isinstance(key.fileobj, ssl.SSLSocket) or not key.fileobj.pending():
                            break

    def cut(self):
        """Ends what is open now; new connections are taken all the same."""
        with self._lock:
            for client in list(self._open):
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)

    def stop(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()


def self_signed(folder):
    """-> a context of a server whose certificate nobody signed but itself, as devices have them."""
    certificate, key = folder / "device.pem", folder / "device.key"
    harness.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2,
                 "-subj", "/CN=a device", "-keyout", key, "-out", certificate])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
