"""A network between the gateway and its cameras that is slow, loses packets, clogs, or keeps a connection open after one side died."""
import asyncio
import contextlib
import random
import threading


class Link:
    """What one camera's connections have in common. Changed from any thread, before the bytes that it is about."""

    def __init__(self, delay_s=0.0, bytes_per_s=None, loss=0.0):
        self.delay_s, self.bytes_per_s, self.loss = delay_s, bytes_per_s, loss
        self.clogged = False       # nothing passes, nobody is told
        self.keeps_stale = False   # the camera is not told that the gateway's end is gone
        self.bytes = 0
        self.connections = 0


class Network:
    """Runs in a thread of its own; a context."""

    RETRANSMISSION_S = 0.25

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.stale = []

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        async def end():
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.loop.stop()

        asyncio.run_coroutine_threadsafe(end(), self.loop)
        self.thread.join(10)

    def open(self, link, at, to, port=0):
        """Whoever connects to the address `at` reaches `to`; -> the port"""
        async def serve():
            server = await asyncio.start_server(lambda r, w: self._relay(link, r, w, to), at, port)
            return server.sockets[0].getsockname()[1]

        return asyncio.run_coroutine_threadsafe(serve(), self.loop).result(10)

    def turn(self):
        """Returns when what its thread was doing is done."""
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self.loop).result(10)

    def drop_stale(self):
        def drop():
            for writer in self.stale:
                writer.close()
            self.stale.clear()

        self.loop.call_soon_threadsafe(drop)

    async def _relay(self, link, reader, writer, to):
        try:
            far_reader, far_writer = await asyncio.open_connection(*to)
        except OSError:
            writer.transport.abort()
            return
        link.connections += 1
        back = asyncio.ensure_future(self._pump(link, far_reader, writer))
        await asyncio.wait([asyncio.ensure_future(self._pump(link, reader, far_writer)), back], return_when=asyncio.FIRST_COMPLETED)
        link.connections -= 1
        back.cancel()
        if link.keeps_stale:
            self.stale.append(far_writer)
            self.loop.create_task(self._swallow(far_reader))
        else:
            far_writer.close()
        writer.close()

    @staticmethod
    async def _swallow(reader):
        with contextlib.suppress(OSError):
            while await reader.read(65536):
                pass

    async def _pump(self, link, reader, writer):
        free_at = 0.0
        with contextlib.suppress(OSError):
            while data := await reader.read(1400):
                while link.clogged:
                    await asyncio.sleep(0.05)
                now = self.loop.time()
                if link.bytes_per_s:
                    free_at = max(now, free_at) + len(data) / link.bytes_per_s
                due = max(now, free_at) + link.delay_s
                if self.random.random() < link.loss:
                    due += self.RETRANSMISSION_S
                if due > now:
                    await asyncio.sleep(due - now)
                link.bytes += len(data)
                writer.write(data)
                await writer.drain()
