import type { CanActivate } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { MagicLinksService } from './magic-links.service.ts';

/** There is nothing at these routes while login by mailed links is off. */
@Injectable()
export class MagicLinksGuard implements CanActivate {
  constructor(private readonly magicLinks: MagicLinksService) {}

  canActivate(): boolean {
    this.magicLinks.expectOn();
    return true;
  }
}
