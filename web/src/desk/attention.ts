import { useEffect, useRef } from 'preact/hooks';

/** The page's title counts what waits, and a soft sound says when that grows. */
export function useAttention(count: number, title: string, sound: boolean): void {
  const before = useRef(count);
  useEffect(() => {
    document.title = count ? `(${count}) ${title}` : title;
    if (count > before.current && sound) chime();
    before.current = count;
  }, [count, title]);
}

let audio: AudioContext | null = null;

/** Two short notes, a fifth apart. Browsers stay silent until the page was clicked once. */
function chime(): void {
  audio ??= new AudioContext();
  const context = audio;
  [587.33, 880].forEach((pitch, index) => {
    const start = context.currentTime + index * 0.14;
    const note = context.createOscillator();
    const volume = context.createGain();
    note.frequency.value = pitch;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.09, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.5);
    note.connect(volume).connect(context.destination);
    note.start(start);
    note.stop(start + 0.55);
  });
}
