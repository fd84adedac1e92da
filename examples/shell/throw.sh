#!/bin/sh
# Throws a ball through the air and says how far it flew. Everything comes from the environment that Hone
# makes for a trial: HONE_PARAM_ANGLE (degrees), HONE_PARAM_THROW (straight or spinning), HONE_PARAM_SPIN
# (only when it is spinning), and HONE_TRIAL_DIR, the folder for what the trial writes.
exec awk -v angle="$HONE_PARAM_ANGLE" -v throw="$HONE_PARAM_THROW" -v spin="${HONE_PARAM_SPIN:-0}" '
BEGIN {
    pi = atan2(0, -1); dt = 0.001; drag = 0.02; lift = 0.012 * spin
    speed = throw == "spinning" ? 28 : 30     # spinning the ball costs some speed
    vx = speed * cos(angle * pi / 180); vy = speed * sin(angle * pi / 180); x = 0; y = 1.8
    for (n = 1; y > 0; n++) {
        v = sqrt(vx * vx + vy * vy)
        ax = -drag * v * vx - lift * v * vy   # backspin lifts across the line of flight,
        ay = -9.81 - drag * v * vy + lift * v * vx
        vx += ax * dt; vy += ay * dt; x += vx * dt; y += vy * dt
        if (n % 1000 == 0) printf "{\"step\": %d, \"distance\": %.3f, \"height\": %.3f}\n", n / 1000, x, y
    }
    printf "{\"step\": %d, \"distance\": %.3f, \"height\": 0}\n", n / 1000 + 1, x
}' > "$HONE_TRIAL_DIR/metrics.jsonl"
