/** Colours that can be read, whatever accent the host page gives: WCAG 2.2 asks for a contrast of 4.5 for text. */
const ENOUGH = 4.5;
const INKS = ['#ffffff', '#14231f', '#000000'];

type Rgb = [number, number, number];

/**
 * Sets, on the widget's root, the ink that stands on the accent (unless the host says one) and the accent as ink on the
 * panel's paper, darkened or lightened until it can be read there.
 */
export function readable(root: HTMLElement): void {
  const dark = root.dataset['theme'] === 'dark';
  const style = getComputedStyle(root);
  const accent = parse(style.getPropertyValue('--accent'));
  if (!accent) return;
  const own = style.getPropertyValue(`--xiaoer-accent${dark ? '-dark' : ''}-ink`).trim();
  const hosts = style.getPropertyValue(`--xiaoer-accent${dark ? '-dark' : ''}`).trim();
  const ink = hosts && !own ? bestInk(accent) : null;
  set(root, '--accent-ink', ink);
  set(root, '--mine-ink', dark ? ink : null);
  set(root, '--accent-text', css(towards(accent, dark ? [255, 255, 255] : [0, 0, 0], parse(style.getPropertyValue('--accent-wash'))!)));
}

function set(root: HTMLElement, name: string, value: string | null): void {
  if (value) root.style.setProperty(name, value);
  else root.style.removeProperty(name);
}

export function bestInk(paper: Rgb): string {
  return INKS.find((ink) => contrast(parse(ink)!, paper) >= ENOUGH)!; // White or black always is enough.
}

/** The colour moved towards black or white as little as it takes. */
export function towards(colour: Rgb, end: Rgb, paper: Rgb): Rgb {
  for (let step = 0; step < 20; step++) {
    const moved = colour.map((value, index) => value + ((end[index]! - value) * step) / 20) as Rgb;
    if (contrast(moved, paper) >= ENOUGH) return moved;
  }
  return end;
}

export function contrast(one: Rgb, other: Rgb): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function css(colour: Rgb): string {
  return `rgb(${colour.map(Math.round).join(' ')})`;
}

/** `#rgb` and `#rrggbb` directly, any other CSS colour through the browser's own canvas; null where it is none. */
function parse(text: string): Rgb | null {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text.trim())?.[1];
  if (hex) {
    const full = hex.length === 3 ? [...hex].map((digit) => digit + digit).join('') : hex;
    return [0, 2, 4].map((from) => parseInt(full.slice(from, from + 2), 16)) as Rgb;
  }
  if (typeof CSS === 'undefined' || !CSS.supports('color', text.trim())) return null;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d');
  if (!context) return null;
  context.fillStyle = text;
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)] as Rgb;
}
