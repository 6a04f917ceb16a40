import { pieces } from '../lib/rich';
import type { Strings } from './strings';

/** Text with its links and, where it is `ours` and no person's, titles and strong words; never HTML. */
export function Rich({ text, ours, strings }: { text: string; ours: boolean; strings: Strings }) {
  return (
    <>
      {pieces(text, { ours }).map((piece, index) => {
        if (piece.kind === 'strong') return <strong key={index}>{piece.text}</strong>;
        if (piece.kind === 'text') return <span key={index}>{piece.text}</span>;
        return (
          <a key={index} href={piece.href} target="_blank" rel="noopener noreferrer nofollow ugc">
            {piece.text}<span class="hidden"> {strings.newTab}</span>
          </a>
        );
      })}
    </>
  );
}
