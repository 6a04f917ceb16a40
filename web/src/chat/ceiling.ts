/** At most so many in so long, whatever goes wrong: no fault of ours or of the server's becomes a flood. */
export class Ceiling {
  private readonly times: number[] = [];

  constructor(
    private readonly most: number,
    private readonly perMs: number,
  ) {}

  /** How long until one more is allowed; 0 where it is now. */
  waitMs(): number {
    if (this.times.length < this.most) return 0;
    return Math.max(0, this.times[0]! + this.perMs - Date.now());
  }

  count(): void {
    this.times.push(Date.now());
    if (this.times.length > this.most) this.times.shift();
  }
}
