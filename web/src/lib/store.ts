/** The smallest observable: an immutable value and who wants to know of its changes. */
export class Store<State> {
  private readonly listeners = new Set<(state: State) => void>();

  constructor(private value: State) {}

  get state(): State {
    return this.value;
  }

  set(changes: Partial<State>): void {
    this.value = { ...this.value, ...changes };
    for (const listener of [...this.listeners]) listener(this.value);
  }

  subscribe(listener: (state: State) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
