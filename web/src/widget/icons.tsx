import type { ComponentChildren } from 'preact';

function Icon({ children, size = 20 }: { children: ComponentChildren; size?: number }) {
  return (
    <svg viewBox="0 0 24 24" width={size} height={size} fill="none" stroke="currentColor" stroke-width="1.75"
      stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

/** 二: the two strokes of the name, which are also two lines of a conversation. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg viewBox="0 0 24 24" width={size} height={size} aria-hidden="true" focusable="false">
      <path fill="currentColor" d="M8 7.1h8a1.25 1.25 0 0 1 0 2.5H8a1.25 1.25 0 0 1 0-2.5ZM5.6 14.4h12.8a1.25 1.25 0 0 1 0 2.5H5.6a1.25 1.25 0 0 1 0-2.5Z" />
    </svg>
  );
}

export const Close = () => <Icon><path d="M6.5 6.5l11 11M17.5 6.5l-11 11" /></Icon>;
export const Down = ({ size }: { size?: number }) => <Icon size={size ?? 20}><path d="M6 9.5l6 6 6-6" /></Icon>;
export const Send = () => <Icon><path d="M12 19V5.5M6 11l6-6 6 6" /></Icon>;
export const Shield = () => <Icon size={13}><path d="M12 3.5l7 2.6v5.2c0 4.4-2.9 7.6-7 9.2-4.1-1.6-7-4.8-7-9.2V6.1l7-2.6z" /><path d="M8.8 12l2.3 2.3 4.2-4.4" /></Icon>;
export const Person = ({ size }: { size?: number }) => <Icon size={size ?? 13}><circle cx="12" cy="8.5" r="3.6" /><path d="M5 19.5c1-3.4 3.7-5 7-5s6 1.6 7 5" /></Icon>;
export const Alert = () => <Icon size={16}><circle cx="12" cy="12" r="8.5" /><path d="M12 8v4.6M12 15.8v.1" /></Icon>;
export const Clock = () => <Icon size={13}><circle cx="12" cy="12" r="8.5" /><path d="M12 7.5V12l3 2" /></Icon>;
export const Check = () => <Icon size={13}><path d="M5.5 12.5l4.2 4.2 8.8-9.2" /></Icon>;
