import type { Agent, FloorState, Summary } from './api';

/** What happened on the floor. `handoff` is a whole summary where one is added, else only its id is told. */
export interface Update {
  kind: string;
  handoff?: Summary;
  handoff_id?: string;
  id?: string;
  agent_id?: string;
  agent?: Agent;
  /** The display name of who accepted. */
  by?: string;
}

/** From this priority on, a handoff goes before all others: money or an account is in danger. */
export const FIRST_IN_LINE = 100;

/** Line order: higher priority first, then who waits longest. */
export function inLine(handoffs: Summary[]): Summary[] {
  return [...handoffs].sort((one, other) => other.priority - one.priority || one.waiting_since - other.waiting_since);
}

/**
 * The floor after an update, or null where it cannot be known from the update alone: then the whole floor is fetched.
 * Old state and updates always give what a fresh fetch would.
 */
export function apply(floor: FloorState, seq: number, update: Update, me: string): FloorState | null {
  if (seq <= floor.seq) return floor;
  if (seq !== floor.seq + 1) return null;
  const next = { ...floor, seq, agents: withAgent(floor.agents, update.agent) };
  const id = update.handoff_id ?? update.handoff?.id ?? update.id;
  const without = (list: Summary[]) => list.filter((each) => each.id !== id);
  switch (update.kind) {
    case 'waiting.added':
      if (!update.handoff?.waiting_since) return null;
      return { ...next, waiting: inLine([...without(floor.waiting), update.handoff]) };
    case 'waiting.removed':
      return id ? { ...next, waiting: without(floor.waiting) } : null;
    case 'accepted': {
      const taken = floor.waiting.find((each) => each.id === id) ?? update.handoff;
      if (!id || (update.agent_id === me && !taken?.waiting_since)) return null;
      const known = floor.mine.some((each) => each.id === id);
      const mine = update.agent_id === me && taken && !known ? [...floor.mine, taken] : floor.mine;
      return { ...next, waiting: without(floor.waiting), mine };
    }
    case 'closed':
      return id ? { ...next, waiting: without(floor.waiting), mine: without(floor.mine) } : null;
    case 'agent':
      return update.agent ? next : null;
    default:
      return null;
  }
}

function withAgent(agents: Agent[], agent: Agent | undefined): Agent[] {
  if (!agent) return agents;
  const known = agents.some((each) => each.id === agent.id);
  return known ? agents.map((each) => (each.id === agent.id ? agent : each)) : [...agents, agent];
}
