import type { ReactNode } from 'react';
import { Page } from '../kit/index.ts';

export default function AuditPage(): ReactNode {
  return <Page title="Audit log">Not built yet.</Page>;
}
