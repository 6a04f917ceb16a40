/** Timers by name: starting one again stops the earlier. */
export class Timers {
  private readonly running = new Map<string, ReturnType<typeof setTimeout>>();

  start(name: string, ms: number, act: () => void): void {
    this.stop(name);
    this.running.set(name, setTimeout(() => {
      this.running.delete(name);
      act();
    }, ms));
  }

  has(name: string): boolean {
    return this.running.has(name);
  }

  stop(...names: string[]): void {
    for (const name of names) {
      clearTimeout(this.running.get(name));
      this.running.delete(name);
    }
  }

  stopAll(): void {
    this.stop(...this.running.keys());
  }
}
