import { useState } from 'preact/hooks';
import type { Strings } from './strings';

/** Why somebody may see what is masked, as the server knows them (`bot/desk/reveal.py`). */
export const REASONS = ['verify_identity', 'contact_customer', 'correct_details', 'investigate'] as const;
export type Reason = (typeof REASONS)[number];

interface MaskedProps {
  kinds: string[];
  strings: Strings;
  onReveal(reason: Reason): Promise<void>;
}

/** Below a customer's line: what of it is hidden, and the way to see it, with a reason that is recorded. */
export function Masked({ kinds, strings, onReveal }: MaskedProps) {
  const [asking, setAsking] = useState(false);
  const names = strings.hiddenKinds as Record<string, string>;
  const reasons = strings.revealReasons as Record<Reason, string>;
  return (
    <p class="aside">
      {strings.hidden} {kinds.map((kind) => names[kind] ?? kind).join(strings.comma)}{' '}
      {asking
        ? REASONS.map((reason) => (
          <button key={reason} type="button" class="tool" onClick={() => void onReveal(reason)}>{reasons[reason]}</button>
        ))
        : <button type="button" class="tool" onClick={() => setAsking(true)}>{strings.reveal}</button>}
    </p>
  );
}
