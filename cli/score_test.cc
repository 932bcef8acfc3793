#include "cli/score.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/findings.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr int64_t kSecond = 1'000'000'000;

// One-second windows from `first` on: what each said alone, and in the timeline.
SubjectFindings Subject(int64_t first, const std::vector<std::string>& alone,
                        const std::vector<std::string>& timeline) {
  SubjectFindings subject;
  for (size_t i = 0; i < alone.size(); ++i) {
    v1::Verdict& verdict = subject.verdicts.emplace_back();
    verdict.set_window_start_ns((first + static_cast<int64_t>(i)) * kSecond);
    verdict.set_window_end_ns((first + static_cast<int64_t>(i) + 1) * kSecond);
    verdict.set_class_(alone[i]);
    v1::Segment* segment = subject.timeline.add_segments();
    segment->set_from_ns(verdict.window_start_ns());
    segment->set_to_ns(verdict.window_end_ns());
    segment->set_class_(timeline[i]);
  }
  return subject;
}

// Seconds from zero: person up to 2.5, then background up to 4; nothing is known behind.
Truth Known() {
  Truth truth;
  truth.intervals = {{0, 5 * kSecond / 2, "person", 2},
                     {5 * kSecond / 2, 4 * kSecond, "background", 3}};
  return truth;
}

TEST(Score, AWindowTakesTheLabelAtItsMiddle) {
  const SubjectFindings subject =
      Subject(100, {"p", "p", "p", "p", "p", "p"}, {"q", "q", "q", "q", "q", "q"});
  const Score score = ScoreFindings({&subject}, Known(), 100 * kSecond);
  // The third window's middle is at 2.5 s, where background begins.
  EXPECT_THAT(score.per_window,
              ElementsAre(Pair(Pair("background", "p"), 2), Pair(Pair("person", "p"), 2)));
  EXPECT_THAT(score.timeline,
              ElementsAre(Pair(Pair("background", "q"), 2), Pair(Pair("person", "q"), 2)));
  EXPECT_EQ(score.windows, 4u);
  EXPECT_EQ(score.outside, 2u);
}

TEST(Score, AbsoluteTruthDoesNotCountFromZero) {
  const SubjectFindings subject = Subject(0, {"person"}, {"person"});
  Truth truth = Known();
  truth.absolute = true;
  EXPECT_EQ(ScoreFindings({&subject}, truth, 100 * kSecond).windows, 1u);
  truth.absolute = false;
  EXPECT_EQ(ScoreFindings({&subject}, truth, 100 * kSecond).windows, 0u);
}

TEST(Score, AWindowThatHasNoPlaceInTheTimelineCountsAlone) {
  SubjectFindings subject = Subject(0, {"person", "person", "person", "person"},
                                    {"person", "person", "person", "person"});
  subject.timeline.mutable_segments()->DeleteSubrange(1, 1);
  const Score score = ScoreFindings({&subject}, Known(), 0);
  EXPECT_EQ(score.windows, 4u);
  EXPECT_THAT(score.timeline, ElementsAre(Pair(Pair("background", "person"), 2),
                                          Pair(Pair("person", "person"), 1)));
}

TEST(Score, SubjectsAddUp) {
  const SubjectFindings one = Subject(0, {"person"}, {"person"});
  const SubjectFindings other = Subject(1, {"background"}, {"person"});
  const Score score = ScoreFindings({&one, &other}, Known(), 0);
  EXPECT_EQ(score.windows, 2u);
  EXPECT_EQ(Accuracy(score.per_window), 0.5);
  EXPECT_EQ(Accuracy(score.timeline), 1);
}

TEST(Score, AccuracyIsTheShareOfWindowsRightlyNamed) {
  EXPECT_EQ(Accuracy({}), 0);
  EXPECT_EQ(Accuracy({{{"a", "a"}, 3}, {{"a", "b"}, 1}}), 0.75);
  EXPECT_EQ(Accuracy({{{"a", "b"}, 1}}), 0);
}

}  // namespace
}  // namespace silhouette
