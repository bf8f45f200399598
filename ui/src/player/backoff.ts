// Waits between attempts: doubling, with full jitter so that a wall of viewers does not return in step.

export class Backoff {
  private failures = 0;

  constructor(
    private readonly random: () => number = Math.random,
    private readonly firstMs = 500,
    private readonly capMs = 15_000,
  ) {}

  // Milliseconds to wait before the next attempt.
  next(): number {
    const ceiling = Math.min(this.capMs, this.firstMs * 2 ** this.failures);
    this.failures = Math.min(this.failures + 1, 16);
    // Never quite zero: a server that refuses at once must not be asked in a loop.
    return Math.round(this.firstMs / 2 + this.random() * ceiling);
  }

  reset(): void {
    this.failures = 0;
  }
}
