import assert from "node:assert/strict";
import { after, describe, type TestContext, test } from "node:test";
import type { Scenario, Workbench } from "../workbench.ts";
import { done } from "./window.ts";

/** What scenarios are declared by. */
export type Part = (scenario: Scenario) => void;

/** Where a group's scenarios are looked at. */
export interface Scene {
  /** The window, once there is one. */
  window(): Workbench;
  /** Puts another one in its place, of somebody who was never here, and files and settings as they were. */
  anew(): Promise<void>;
  /** Whether every group is looked at a second time, also where it holds: then it can be looked at again when it does not. */
  isTwice: boolean;
}

type Body = Parameters<Scenario>[1];

/**
 * A group: scenarios that go on from each other in one window, of which nothing is left to the next group. A busy editor
 * loses what is done in it now and then. So a group that fails is looked at once more, from its first scenario on, in
 * another window; what fails there fails, and the run tells of what does not. Behind one that fails comes another window.
 */
export class Group {
  private readonly title: string;
  private readonly scene: Scene;
  /** What was looked at, to be looked at again. */
  private readonly bodies: Body[] = [];
  private isAgain = false;
  private hasFailed = false;

  private constructor(title: string, scene: Scene) {
    this.title = title;
    this.scene = scene;
  }

  static declare(title: string, parts: readonly Part[], scene: Scene): void {
    const group = new Group(title, scene);
    describe(title, () => {
      after(() => group.leave());
      for (const part of parts)
        part((name, body) => test(name, (context) => group.look(name, body, context)));
      if (scene.isTwice) test("all of it again, in another window", () => group.again(title));
    });
  }

  private async look(name: string, body: Body, context: TestContext): Promise<void> {
    this.bodies.push(body);
    try {
      await this.pictured(`failed ${name}`, () => this.once(body));
    } catch (error) {
      if (this.isAgain) {
        this.hasFailed = true;
        throw error;
      }
      this.isAgain = true;
      context.diagnostic(`UNSTEADY, looked at once more: "${this.title}", "${name}": ${error}`);
      await this.again(name).catch((second: unknown) => {
        this.hasFailed = true;
        throw new AggregateError([error, second], `failed twice, at first: ${error}; then: ${second}`);
      });
    }
  }

  private async again(name: string): Promise<void> {
    await this.scene.anew();
    for (const each of this.bodies) await this.pictured(`failed again ${name}`, () => this.once(each));
  }

  private async once(body: Body): Promise<void> {
    const window = this.scene.window();
    await body(window);
    assert.equal(await window.notifications(), "");
  }

  private async leave(): Promise<void> {
    if (this.hasFailed) return this.scene.anew();
    try {
      await this.pictured(`failed after ${this.title}`, () => this.scene.window().reset());
    } catch (error) {
      console.error(`UNSTEADY, left for another window: "${this.title}": ${error}`);
      await this.scene.anew();
    }
  }

  /** When something fails, the window as it then is goes to the pictures. */
  private async pictured(name: string, look: () => Promise<void>): Promise<void> {
    try {
      await look();
    } catch (error) {
      // What is told is what failed, also where there is no window any more.
      await done(this.scene.window().picture(name.replace(/[^\w ]/g, "")));
      throw error;
    }
  }
}
