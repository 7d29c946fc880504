"""A callback for the Zoo's YAML: writes down the learning rate that each update logged, with all digits."""

import json
from pathlib import Path

from stable_baselines3.common.callbacks import BaseCallback


class Recorder(BaseCallback):
    def __init__(self, path):
        super().__init__()
        self.path = Path(path)
        self.rows = {}

    def _on_rollout_start(self):
        logged = self.logger.name_to_value
        if "train/learning_rate" in logged:
            self.rows.setdefault(logged["train/n_updates"], (self.num_timesteps, logged["train/learning_rate"]))

    def _on_training_end(self):
        self._on_rollout_start()
        self.path.write_text(json.dumps(list(self.rows.values())))

    def _on_step(self):
        return True
