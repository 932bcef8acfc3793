#include "feature-svc/subject_sort.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Samples that are told by their wire bytes.
SampleLog LogOf(const std::vector<std::pair<uint32_t, uint32_t>>& subjects_and_bytes) {
  SampleLog log;
  log.Resize(subjects_and_bytes.size());
  for (size_t row = 0; row < log.size(); ++row) {
    log.subject[row] = subjects_and_bytes[row].first;
    log.wire_bytes[row] = subjects_and_bytes[row].second;
  }
  return log;
}

std::vector<uint32_t> Taken(uint32_t id, SubjectSort* sort) {
  std::vector<uint32_t> bytes;
  for (const Sample& sample : sort->Take(id)) bytes.push_back(sample.wire_bytes);
  return bytes;
}

TEST(SubjectSort, TheSamplesOfASubjectStayInTheOrderOfArrival) {
  SubjectSort sort;
  sort.Grow(3);
  sort.Sort(LogOf({{2, 10}, {0, 20}, {2, 30}, {0, 5}, {2, 1}}), std::vector<uint32_t>{2, 1, 0});
  EXPECT_EQ(sort.count(2), 3u);
  EXPECT_THAT(Taken(2, &sort), ElementsAre(10, 30, 1));
  EXPECT_THAT(Taken(1, &sort), IsEmpty());
  EXPECT_THAT(Taken(0, &sort), ElementsAre(20, 5));
}

TEST(SubjectSort, WhatWasTakenIsGone) {
  SubjectSort sort;
  sort.Grow(1);
  const std::vector<uint32_t> order = {0};
  sort.Sort(LogOf({{0, 10}}), order);
  Taken(0, &sort);
  EXPECT_EQ(sort.count(0), 0u);
  sort.Sort(LogOf({{0, 20}, {0, 30}}), order);
  EXPECT_THAT(Taken(0, &sort), ElementsAre(20, 30));
}

TEST(SubjectSort, FlowsComeWithTheirSamples) {
  SubjectSort sort;
  sort.Grow(2);
  SampleLog log = LogOf({{1, 10}, {0, 20}});
  log.flow = {7, 8};
  sort.Sort(log, std::vector<uint32_t>{0, 1});
  EXPECT_EQ(sort.Take(0)[0].flow, 8u);
  EXPECT_EQ(sort.Take(1)[0].flow, 7u);
}

}  // namespace
}  // namespace silhouette
