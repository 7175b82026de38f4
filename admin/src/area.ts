import type { SvgIconComponent } from '@mui/icons-material';
import type { ComponentType } from 'react';
import type { Access } from './auth/permissions.ts';

/** A screen, loaded when it is first shown: `() => import('./user-list.tsx')`, whose default export it is. */
export type Screen = () => Promise<{ readonly default: ComponentType }>;

/** An entry of the menu, with the screens below it. areas.ts lists them in the order of the menu. */
export interface Area {
  /** Path below `#/` and, for an area of a resource, its path below `/v1`. */
  readonly name: string;
  /** Its text in the menu and in titles. */
  readonly label: string;
  readonly icon: SvgIconComponent;
  /** Who sees it; undefined shows it to every user. The service decides what a user may do. */
  readonly permission?: string;
  /** The screens of a resource: `#/users`, `#/users/create`, `#/users/{id}` and `#/users/{id}/show`. */
  readonly resource?: {
    readonly list?: Screen;
    readonly create?: Screen;
    readonly edit?: Screen;
    readonly show?: Screen;
    /** What a link to a resource and its page are called: a field of it. */
    readonly title?: (record: Readonly<Record<string, unknown>>) => string;
  };
  /** Screens at paths of their own, below the name: `{ '': …, 'statistics': … }`. A path may have parameters: `:id`. */
  readonly pages?: Readonly<Record<string, Screen>>;
  /** Whether it belongs to the own account, which a user who must add a second factor can reach. */
  readonly own?: boolean;
}

/** Whether an area is offered to a user with this access. */
export function canSee({ permission, own }: Area, { permissions, mustEnrol }: Access): boolean {
  if (mustEnrol) return own === true;
  return permission === undefined || permissions.includes(permission);
}
