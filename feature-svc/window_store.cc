#include "feature-svc/window_store.h"

#include <algorithm>
#include <utility>

namespace silhouette {

WindowStore::SubjectId WindowStore::Find(const FlowKey& flow) {
  const ConversationKey key{flow.home, flow.remote, flow.protocol};
  const auto [at, is_new] = ids_.try_emplace(key, next_id_);
  if (is_new) {
    Subject& subject = subjects_[next_id_++];
    subject.key = key;
    subject.name = ConversationName(flow);
  }
  return at->second;
}

int64_t WindowStore::Add(const FlowKey& flow, const Sample& sample) {
  const int64_t index = grid_.IndexOf(sample.time_ns);
  const SubjectId id = Find(flow);
  std::vector<Sample>& samples = open_[index][id];
  if (samples.empty()) ++subjects_[id].open_windows;
  samples.push_back(sample);
  return index;
}

void WindowStore::CloseBefore(int64_t end_index, const Sink& sink) {
  while (!live_.empty() || !open_.empty()) {
    // With nobody in a horizon there is nothing to say until the next packet's window.
    const int64_t index = live_.empty() ? open_.begin()->first : next_index_;
    if (index >= end_index) return;
    OpenWindow window;
    if (auto node = open_.extract(index)) window = std::move(node.mapped());
    Close(index, &window, sink);
    next_index_ = index + 1;
  }
}

void WindowStore::Close(int64_t index, OpenWindow* window, const Sink& sink) {
  std::vector<SubjectId> subjects = std::move(live_);
  for (SubjectId id : subjects) window->try_emplace(id);
  subjects.clear();
  for (const auto& [id, samples] : *window) subjects.push_back(id);
  std::sort(subjects.begin(), subjects.end(),
            [this](SubjectId a, SubjectId b) { return subjects_[a].name < subjects_[b].name; });
  live_.clear();
  for (SubjectId id : subjects) {
    Subject& subject = subjects_[id];
    GiveOut(index, &(*window)[id], &subject, sink);
    if (WithinHorizon(subject, index + 1)) {
      live_.push_back(id);
    } else if (subject.open_windows == 0) {
      ids_.erase(subject.key);
      subjects_.erase(id);
    }
  }
}

void WindowStore::GiveOut(int64_t index, std::vector<Sample>* samples, Subject* subject,
                          const Sink& sink) {
  std::stable_sort(samples->begin(), samples->end(),
                   [](const Sample& a, const Sample& b) { return a.time_ns < b.time_ns; });
  sink(subject->name, grid_.StartOf(index),
       {samples, WithinHorizon(*subject, index), subject->previous_ns});
  if (samples->empty()) return;
  --subject->open_windows;
  subject->has_previous = true;
  subject->previous_ns = samples->back().time_ns;
}

bool WindowStore::WithinHorizon(const Subject& subject, int64_t index) const {
  return subject.has_previous && subject.previous_ns >= grid_.StartOf(index) - horizon_ns_;
}

}  // namespace silhouette
