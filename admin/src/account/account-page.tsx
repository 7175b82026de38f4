import type { ReactNode } from 'react';
import { Page } from '../kit/index.ts';

export default function AccountPage(): ReactNode {
  return <Page title="Your account">Not built yet.</Page>;
}
