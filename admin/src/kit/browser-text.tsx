import type { ReactNode } from 'react';
import { Muted } from './texts.tsx';

/** In this order: Edge and Opera name Chrome too, and all name Safari. */
const browsers = {
  Edg: 'Edge',
  OPR: 'Opera',
  SamsungBrowser: 'Samsung Internet',
  Firefox: 'Firefox',
  FxiOS: 'Firefox',
};
const others = { CriOS: 'Chrome', Chrome: 'Chrome', Safari: 'Safari' };
/** In this order: Android names Linux too, and iOS names Mac OS. */
const systems = {
  ...{ Android: 'Android', iPhone: 'iPhone', iPad: 'iPad', Windows: 'Windows', Macintosh: 'macOS', CrOS: 'ChromeOS' },
  Linux: 'Linux',
};

/** Browser and system of a User-Agent header, with the header as the title; a program by the beginning of its header. */
export function BrowserText({ userAgent }: { userAgent: string | null }): ReactNode {
  if (userAgent === null) return <Muted>unknown</Muted>;
  const names = [nameIn(userAgent, { ...browsers, ...others }), nameIn(userAgent, systems)];
  const known = names.filter((name) => name !== undefined);
  return <span title={userAgent}>{known.length === 2 ? known.join(', ') : userAgent}</span>;
}

function nameIn(userAgent: string, names: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(names).find(([token]) => userAgent.includes(token))?.[1];
}
