import type { ReactNode } from 'react';
import { Navigate } from 'react-router';

/** Where a user is sent whose role requires a second factor. */
export default function SecurityPage(): ReactNode {
  return <Navigate to="/account?tab=security" replace />;
}
